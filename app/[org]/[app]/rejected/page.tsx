import type { Metadata } from 'next'
import { RejectedRoom } from './_components/rejected-room.tsx'

export const metadata: Metadata = { title: 'Rejected events' }

/** What was refused, and why. */
export default function RejectedPage() {
  return <RejectedRoom />
}
