import type { Metadata } from 'next'
import { DecisionRoom } from './_components/decision-room.tsx'

export const metadata: Metadata = { title: 'Why this install?' }

/** The address carries the device id percent-encoded; a lone percent sign is part of the id. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Why one install went where it went. */
export default async function DecisionPage({ params }: { params: Promise<{ deviceId: string }> }) {
  return <DecisionRoom deviceId={decoded((await params).deviceId)} />
}
