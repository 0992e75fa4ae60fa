'use client'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { parseAsBoolean, parseAsString, useQueryState, useQueryStates } from 'nuqs'
import { useApp, useAppScope, useConsole } from '#app/_lib/console.tsx'
import { dimensionText, previousRange, useReport, useTerms } from '#app/_lib/reports.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Card } from '#app/_ui/card.tsx'
import { DateRangePicker, useDateRange } from '#app/_ui/date-range.tsx'
import { Checkbox } from '#app/_ui/input.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import type { Dimension, Metric } from '#server/query/index.ts'
import { BreakdownTable } from '../../_components/breakdown-table.tsx'
import { MissingNotice } from '../../_components/missing-notice.tsx'
import { StaleNotice } from '../../_components/stale-notice.tsx'
import { Breadcrumb } from './breadcrumb.tsx'

/** The field's hierarchy, from the top. */
const LEVELS = ['media_source', 'campaign', 'ad_set', 'ad', 'creative'] as const
const METRICS: Metric[] = ['clicks', 'installs', 'conversion_rate', 'retention_d1', 'retention_d7', 'arpu', 'revenue']
const OPTIONAL: Metric[] = ['views', 'ctr', 'sessions', 'cost', 'cpi', 'roas']
const MOST_ROWS = 1000
/** A new app is waiting for its first data, and somebody is watching. */
const FIRST_DATA_MS = 2000

/** Only new apps need it, so the others do not load it. */
const FirstUse = dynamic(() => import('../../_components/first-use.tsx').then((module) => module.FirstUse))

/** Campaigns: one level of the hierarchy at a time; the path down stands in the URL and in the breadcrumb. */
export function Campaigns() {
  const { org } = useConsole()
  const app = useApp()
  const scope = useAppScope()
  const trpc = useTRPC()
  const termOf = useTerms()
  const range = useDateRange(app.timezone)
  const [path] = useQueryStates({
    media_source: parseAsString,
    campaign: parseAsString,
    ad_set: parseAsString,
    ad: parseAsString,
  })
  const [compare, setCompare] = useQueryState('compare', parseAsBoolean.withDefault(false))
  const above: { level: keyof typeof path; value: string }[] = []
  for (const level of LEVELS) {
    const value = level === 'creative' ? null : path[level]
    if (level === 'creative' || value === null) break
    above.push({ level, value })
  }
  const level = LEVELS[above.length] ?? 'creative'
  const question = {
    from: range.from,
    to: range.to,
    metrics: [...METRICS, ...OPTIONAL],
    dimensions: [level] satisfies Dimension[],
    filters: above.map(({ level: dimension, value }) => ({ dimension, operator: 'eq' as const, value })),
    orderBy: [{ field: 'installs' as const, direction: 'desc' as const }],
    limit: MOST_ROWS,
  }
  const report = useReport(question, above.length === 0 ? { whenEmptyMs: FIRST_DATA_MS } : {})
  const before = useReport({ ...question, ...previousRange(range) }, { enabled: compare })

  const nothing = above.length === 0 && report.data !== undefined && report.data.rows.length === 0
  const first = useQuery(
    trpc.events.first.queryOptions(scope, {
      enabled: nothing,
      refetchInterval: ({ state }) => (state.data ? false : FIRST_DATA_MS),
    }),
  )
  const isNew = nothing && first.data === null

  /** The address of a place in the hierarchy, with the same dates and comparison. */
  const hrefOf = (values: readonly string[]) => {
    const query = new URLSearchParams()
    if (range.preset) {
      if (range.preset !== '30d') query.set('range', range.preset)
    } else {
      query.set('from', range.from)
      query.set('to', range.to)
    }
    if (compare) query.set('compare', 'true')
    for (const [index, value] of values.entries()) query.set(LEVELS[index] ?? '', value)
    const text = query.toString()
    return `/${org.slug}/${app.slug}/campaigns${text ? `?${text}` : ''}`
  }
  const values = above.map(({ value }) => value)
  const last = above.at(-1)
  const isStale = report.isPlaceholderData
  return (
    <PageBody>
      <PageHeader
        breadcrumb={
          above.length > 0 && (
            <Breadcrumb
              items={[
                { label: 'All media sources', href: hrefOf([]) },
                ...values.slice(0, -1).map((value, index) => ({
                  label: dimensionText(value),
                  href: hrefOf(values.slice(0, index + 1)),
                })),
              ]}
            />
          )
        }
        title={last ? dimensionText(last.value) : 'Campaigns'}
        purpose={
          last
            ? `${termOf(last.level).title}, split by ${termOf(level).title.toLowerCase()}.`
            : 'What each media source brought, down to the creative.'
        }
        actions={<DateRangePicker range={range} />}
      />
      {isNew ? (
        <FirstUse />
      ) : (
        <div className="flex flex-col gap-4">
          {report.isError && report.data && <StaleNotice error={report.error} retry={() => report.refetch()} />}
          <MissingNotice missing={report.data?.meta.missing} />
          <Card padded={false} className="pt-1">
            {report.isError && !report.data ? (
              <ErrorState error={report.error} retry={() => report.refetch()} />
            ) : report.data && !isStale ? (
              <BreakdownTable
                name="campaigns"
                dimension={level}
                metrics={METRICS}
                optional={OPTIONAL}
                report={report.data}
                before={compare ? before.data : undefined}
                hrefOf={level === 'creative' ? undefined : (value) => hrefOf([...values, value])}
                toolbar={
                  <Checkbox
                    label="Compare with the previous period"
                    checked={compare}
                    onChange={(event) => setCompare(event.target.checked || null)}
                  />
                }
              />
            ) : (
              <TableSkeleton />
            )}
            {report.data?.meta.truncated && (
              <p className="px-4 py-2 text-xs text-faint">
                The {MOST_ROWS.toLocaleString('en')} rows with the most installs are shown; the total counts all.
              </p>
            )}
          </Card>
        </div>
      )}
    </PageBody>
  )
}
