'use client'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { previousRange, useReport } from '#app/_lib/reports.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Card } from '#app/_ui/card.tsx'
import { DateRangePicker, useDateRange } from '#app/_ui/date-range.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { BreakdownTable } from './breakdown-table.tsx'
import { MissingNotice } from './missing-notice.tsx'
import { OVERVIEW_METRICS, OverviewStats } from './overview-stats.tsx'
import { SourcesChart } from './sources-chart.tsx'
import { StaleNotice } from './stale-notice.tsx'

/** A new app is waiting for its first data, and somebody is watching. */
const FIRST_DATA_MS = 2000

/** Only new apps need it, so the others do not load it. */
const FirstUse = dynamic(() => import('./first-use.tsx').then((module) => module.FirstUse))

/** Overview: key figures against the previous period, the course over time, and the media sources behind it. */
export function Overview() {
  const app = useApp()
  const scope = useAppScope()
  const trpc = useTRPC()
  const range = useDateRange(app.timezone)
  const report = useReport(
    {
      from: range.from,
      to: range.to,
      metrics: [...OVERVIEW_METRICS],
      dimensions: ['media_source'],
      orderBy: [{ field: 'installs', direction: 'desc' }],
      limit: 200,
      compare: 'previous',
    },
    { whenEmptyMs: FIRST_DATA_MS },
  )
  const before = useReport({
    ...previousRange(range),
    metrics: [...OVERVIEW_METRICS],
    dimensions: ['media_source'],
    limit: 200,
  })
  const nothing = report.data !== undefined && report.data.rows.length === 0
  const first = useQuery(
    trpc.events.first.queryOptions(scope, {
      enabled: nothing,
      refetchInterval: ({ state }) => (state.data ? false : FIRST_DATA_MS),
    }),
  )
  const isNew = nothing && first.data === null
  return (
    <PageBody>
      <PageHeader
        title="Overview"
        purpose="Installs, where they came from, and what they earned."
        actions={<DateRangePicker range={range} />}
      />
      {isNew ? (
        <FirstUse />
      ) : report.isError && !report.data ? (
        <ErrorState error={report.error} retry={() => report.refetch()} />
      ) : (
        <div className="flex flex-col gap-4">
          {report.isError && <StaleNotice error={report.error} retry={() => report.refetch()} />}
          <MissingNotice missing={report.data?.meta.missing} />
          <OverviewStats report={report.data} unfair={range.from === range.today} />
          <SourcesChart range={range} />
          <Card padded={false} title="Media sources" description="Where installs of these days came from.">
            {report.data ? (
              <BreakdownTable
                name="overview-sources"
                dimension="media_source"
                metrics={['clicks', 'installs', 'conversion_rate', 'revenue']}
                report={report.data}
                before={before.data}
              />
            ) : (
              <TableSkeleton />
            )}
          </Card>
        </div>
      )}
    </PageBody>
  )
}
