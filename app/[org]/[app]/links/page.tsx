import type { Metadata } from 'next'
import { LinksRoom } from './_components/links-room.tsx'

export const metadata: Metadata = { title: 'Links' }

/** Tracking links. */
export default function LinksPage() {
  return <LinksRoom />
}
