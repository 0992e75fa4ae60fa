import type { Metadata } from 'next'
import { InstallsRoom } from './_components/installs-room.tsx'

export const metadata: Metadata = { title: 'Installs' }

/** Installs with the source that earned each. */
export default function InstallsPage() {
  return <InstallsRoom />
}
