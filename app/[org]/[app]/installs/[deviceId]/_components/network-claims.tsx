'use client'
import { useQuery } from '@tanstack/react-query'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Card } from '#app/_ui/card.tsx'
import { ErrorState } from '#app/_ui/states.tsx'

type Claim = Outputs['networks']['claims'][number]

const WORDS = {
  waiting: { tone: 'neutral', text: 'No answer yet' },
  claimed: { tone: 'positive', text: 'Claims it' },
  not_claimed: { tone: 'neutral', text: 'Does not claim it' },
  failed: { tone: 'warning', text: 'No valid claim' },
} as const satisfies Record<Claim['state'], { tone: string; text: string }>

/** What self-attributing networks were asked of the install, and what they said; nothing where none was asked. */
export function NetworkClaims({ deviceId }: { deviceId: string }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { timezone } = useApp()
  const claims = useQuery(trpc.networks.claims.queryOptions({ ...scope, deviceId }, { refetchInterval: 10_000 }))
  if (claims.isPending || (claims.isSuccess && claims.data.length === 0)) return null
  return (
    <Card
      className="mt-4"
      title="Networks that were asked"
      description="Self-attributing networks say themselves whether an install is theirs. What one claims is a candidate like any other."
    >
      {claims.isError ? (
        <ErrorState error={claims.error} retry={() => void claims.refetch()} className="py-4" />
      ) : (
        <ul className="flex flex-col">
          {claims.data.map((claim) => (
            <li key={claim.mediaSource} className="border-t border-line py-2 text-sm first:border-t-0">
              <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="font-medium break-all">{claim.mediaSource}</span>
                <Badge tone={WORDS[claim.state].tone}>{WORDS[claim.state].text}</Badge>
                <span className="text-muted">{when(claim, timezone)}</span>
              </p>
              {claim.error && <p className="break-words text-muted">{claim.error}</p>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function when({ endedAt, nextTryAt, tries }: Claim, timezone: string): string {
  if (endedAt) return formatDateTime(endedAt, timezone)
  const again = nextTryAt ? `, asked again at ${formatDateTime(nextTryAt, timezone)}` : ''
  return tries === 0 ? 'Not asked yet' : `Asked ${tries === 1 ? 'once' : `${tries} times`}${again}`
}
