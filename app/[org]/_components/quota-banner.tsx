'use client'
import { useQuery } from '@tanstack/react-query'
import { useConsole } from '#app/_lib/console.tsx'
import { formatDay, formatNumber } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Notice } from '#app/_ui/badge.tsx'

/** On every page: the plan's events are nearly or wholly used up, and what happens now. Nothing where there is room. */
export function QuotaBanner() {
  const { org } = useConsole()
  const trpc = useTRPC()
  const usage = useQuery(trpc.usage.get.queryOptions({ org: org.slug }, { refetchInterval: 60_000 }))
  if (!usage.data || usage.data.level === 'ok') return null
  return (
    <div className="mx-auto w-full max-w-[1400px] px-4 pt-4 sm:px-6">
      <QuotaNotice usage={usage.data} />
    </div>
  )
}

function QuotaNotice({ usage }: { usage: Outputs['usage']['get'] }) {
  const { level, events, included, refusedFrom, plan, endsOn } = usage
  const used = `${formatNumber(events)} of the ${formatNumber(included)} events that the ${plan} plan includes this month (UTC) are used.`
  const end = formatDay(endsOn)
  if (level === 'refused')
    return (
      <Notice tone="negative" title="Events are refused: the plan is used up.">
        {used} Senders get 429 with the reason until {end}, or until the plan changes; what is refused is counted on the
        ingestion page. Sandbox events, clicks and views are still taken.
      </Notice>
    )
  const then =
    refusedFrom === null
      ? 'Nothing is refused; what is above counts as overage.'
      : `From ${formatNumber(refusedFrom)} on more are refused until ${end}.`
  return (
    <Notice
      tone="warning"
      title={level === 'over' ? 'The plan’s events are used up.' : 'The plan’s events are nearly used up.'}
    >
      {used} {then}
    </Notice>
  )
}
