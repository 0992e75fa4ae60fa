import type { Metadata } from 'next'
import { MultiTouchRoom } from './_components/multi-touch-room.tsx'

export const metadata: Metadata = { title: 'Multi-touch' }

/** How each attribution model shares an app's conversions among the touches before them. */
export default function MultiTouchPage() {
  return <MultiTouchRoom />
}
