'use client'
import { useQuery } from '@tanstack/react-query'
import { useConsole } from '#app/_lib/console.tsx'
import { formatAgo, formatDay, formatNumber } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Card } from '#app/_ui/card.tsx'
import { cx } from '#app/_ui/cx.ts'

type Usage = Outputs['usage']['get']

const BAR: Record<Usage['level'], string> = {
  ok: 'bg-accent',
  near: 'bg-warning',
  over: 'bg-warning',
  refused: 'bg-danger',
}

/** The organization's events of the month, against what its plan includes where plans are enforced. */
export function QuotaUse() {
  const { org } = useConsole()
  const trpc = useTRPC()
  const usage = useQuery(trpc.usage.get.queryOptions({ org: org.slug }, { refetchInterval: 30_000 }))
  if (!usage.data || usage.data.events === null) return null
  const { events, included, countedAt, endsOn, enforced, plan } = usage.data
  return (
    <Card
      title="Events this month"
      description={`Accepted in the whole organization in this calendar month (UTC), without sandbox events${
        countedAt ? `; counted ${formatAgo(countedAt, Date.now())}` : ''
      }.`}
    >
      <p className="text-sm">
        <span className="text-lg font-semibold">{formatNumber(events)}</span>
        {included === null ? (
          <span className="text-muted">
            {enforced ? ` · the ${plan} plan has no bound` : ' · this installation enforces no plan'}
          </span>
        ) : (
          <span className="text-muted">
            {' '}
            of {formatNumber(included)} that the {plan} plan includes until {formatDay(endsOn)}
          </span>
        )}
      </p>
      {included !== null && <UseBar usage={usage.data} />}
    </Card>
  )
}

function UseBar({ usage }: { usage: Usage }) {
  const { events, included, refusedFrom, level } = usage
  const full = refusedFrom ?? included ?? 1
  const share = Math.min(1, (events ?? 0) / full)
  return (
    <>
      <div aria-hidden className="relative mt-2 h-2 overflow-hidden rounded-full bg-hover">
        <div className={cx('h-full rounded-full', BAR[level])} style={{ width: `${share * 100}%` }} />
        {refusedFrom !== null && included !== null && (
          <div className="absolute inset-y-0 w-px bg-ink" style={{ left: `${(included / refusedFrom) * 100}%` }} />
        )}
      </div>
      {refusedFrom !== null && (
        <p className="mt-1.5 text-xs text-faint">
          The mark is what the plan includes. From {formatNumber(refusedFrom)} on events are refused, with an answer
          that says so, and counted here.
        </p>
      )}
    </>
  )
}
