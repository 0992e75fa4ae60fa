import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'

/** A rejected event or touchpoint as lists show it. */
export type RejectedRow = Outputs['events']['rejected']['rows'][number]

/** What became of a rejected event when it was sent again; nothing where it was not. */
export function ReplayBadge({ replay }: { replay: RejectedRow['replay'] }) {
  if (!replay) return <span className="text-faint">Not sent again</span>
  if (!replay.accepted) return <Badge tone="warning">Refused again</Badge>
  return <Badge tone="positive">{replay.edited ? 'Corrected, accepted' : 'Accepted since'}</Badge>
}
