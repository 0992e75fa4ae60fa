import type { Metadata } from 'next'
import { ImportsRoom } from './_components/imports-room.tsx'

export const metadata: Metadata = { title: 'Imports' }

/** Files imported into the app: upload, look, start, and what became of each. */
export default function ImportsPage() {
  return <ImportsRoom />
}
