import type { Metadata } from 'next'
import { IngestionRoom } from './_components/ingestion-room.tsx'

export const metadata: Metadata = { title: 'Ingestion' }

/** How events come in: throughput, loading, what was rejected or refused. */
export default function IngestionPage() {
  return <IngestionRoom />
}
