'use client'
import { useQuery } from '@tanstack/react-query'
import { useAppScope } from '#app/_lib/console.tsx'
import { formatNumber } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { ErrorState } from '#app/_ui/states.tsx'

/**
 * Event tokens that arrived in the last 30 days and have no name. Nothing shows while there are none.
 * @param named tokens that stand in the form already
 * @param onName starts a row for a token; absent where the person may not change names
 */
export function UnnamedTokens({
  named,
  onName,
}: {
  named: ReadonlySet<string>
  onName?: ((token: string) => void) | undefined
}) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const unnamed = useQuery(trpc.doors.unnamedAdjustTokens.queryOptions(scope))
  if (unnamed.isError) return <ErrorState error={unnamed.error} retry={() => void unnamed.refetch()} className="py-4" />
  const shown = unnamed.data?.filter(({ token }) => !named.has(token)) ?? []
  if (shown.length === 0) return null
  return (
    <Notice tone="warning" title="Event tokens without a name arrive.">
      Their events are kept under adjust_ and the token.
      <ul className="flex flex-col gap-1 pt-2">
        {shown.map(({ token, events }) => (
          <li key={token} className="flex flex-wrap items-center gap-x-3">
            <code className="font-mono">{token}</code>
            <span className="tabular-nums">
              {formatNumber(events)} {events === 1 ? 'event' : 'events'} in 30 days
            </span>
            {onName && (
              <Button size="sm" onClick={() => onName(token)}>
                Name it
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Notice>
  )
}
