import type { Metadata } from 'next'
import { LiveRoom } from './_components/live-room.tsx'

export const metadata: Metadata = { title: 'Live events' }

/** Events as they arrive. */
export default function LivePage() {
  return <LiveRoom />
}
