import type { Metadata } from 'next'
import { WhatIfRoom } from './_components/what-if-room.tsx'

export const metadata: Metadata = { title: 'What-if' }

/** What other attribution settings would have changed. */
export default function WhatIfPage() {
  return <WhatIfRoom />
}
