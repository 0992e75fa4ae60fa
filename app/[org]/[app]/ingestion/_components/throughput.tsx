'use client'
import { useMemo } from 'react'
import { useApp } from '#app/_lib/console.tsx'
import { formatCompact, formatNumber, zoneLabel } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { ChartFrame } from '#app/_ui/chart/chart-frame.tsx'
import type { TimeSeries } from '#app/_ui/chart/series.ts'
import { cx } from '#app/_ui/cx.ts'

type Overview = Outputs['ingestion']['overview']

const UNITS: Record<number, string> = { 60: 'per minute', 900: 'per quarter of an hour', 3600: 'per hour' }

function seriesOf({ buckets, events, touchpoints, rejected, refused }: Overview): TimeSeries {
  const series = [
    { id: 'events', name: 'Events', colour: 'var(--series-1)', values: events },
    { id: 'touchpoints', name: 'Clicks and views', colour: 'var(--series-3)', values: touchpoints },
    { id: 'rejected', name: 'Rejected', colour: 'var(--series-7)', values: rejected },
    ...(refused ? [{ id: 'refused', name: 'Refused by a limit', colour: 'var(--series-2)', values: refused }] : []),
  ]
  return { buckets, series, incompleteFrom: buckets.length - 1 }
}

/** What arrived over the window, by when it arrived. */
export function Throughput({ overview, stale }: { overview: Overview | undefined; stale: boolean }) {
  const { timezone } = useApp()
  const data = useMemo(() => overview && seriesOf(overview), [overview])
  const withDay = (overview?.step ?? 0) >= 3600
  const time = useMemo(
    () =>
      new Intl.DateTimeFormat('en', {
        ...(withDay ? { month: 'short', day: 'numeric' } : {}),
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        timeZone: timezone,
      }),
    [timezone, withDay],
  )
  return (
    <div className={cx(stale && 'opacity-60')}>
      <ChartFrame
        title="Arrived"
        unit={`events, clicks and views ${UNITS[overview?.step ?? 900] ?? ''}`}
        name="ingestion"
        kind="line"
        whole
        data={data}
        loading={!data}
        formatValue={formatNumber}
        formatAxis={formatCompact}
        formatBucket={(bucket) => time.format(new Date(bucket))}
        note={`By when it arrived, in ${zoneLabel(timezone)}. The dashed part is still filling.${
          overview && !overview.refused ? ' What a limit refused is counted by quarters of an hour: see 24 hours.' : ''
        }`}
      />
    </div>
  )
}
