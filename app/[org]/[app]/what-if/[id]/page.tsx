import type { Metadata } from 'next'
import { ReplayRoom } from './_components/replay-room.tsx'

export const metadata: Metadata = { title: 'What-if' }

/** One what-if: how far it is, and what it would have changed. */
export default async function ReplayPage({ params }: { params: Promise<{ id: string }> }) {
  return <ReplayRoom id={(await params).id} />
}
