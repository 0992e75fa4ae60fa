'use client'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useMemo } from 'react'
import { useAllSources } from '#app/_lib/all-sources.ts'
import { useApp } from '#app/_lib/console.tsx'
import { daysBetween } from '#app/_lib/days.ts'
import { formatDay, formatMetric, zoneLabel } from '#app/_lib/format.ts'
import { dimensionText, useReport, useTerms } from '#app/_lib/reports.ts'
import { seriesFromRows } from '#app/_lib/time-series.ts'
import { ChartFrame } from '#app/_ui/chart/chart-frame.tsx'
import type { DateRange } from '#app/_ui/date-range.tsx'
import { Segmented } from '#app/_ui/segmented.tsx'
import { ErrorState } from '#app/_ui/states.tsx'

const METRICS = ['installs', 'clicks', 'revenue', 'conversion_rate'] as const
const ADDITIVE = new Set<string>(['installs', 'clicks', 'revenue'])
const HOURLY_UP_TO_DAYS = 2
/** Enough for a year of days and a dozen sources. */
const MOST_ROWS = 5000

/** A metric over time by media source; by the hour for one or two days. */
export function SourcesChart({ range }: { range: DateRange }) {
  const app = useApp()
  const termOf = useTerms()
  const [metric, setMetric] = useQueryState('metric', parseAsStringLiteral(METRICS).withDefault('installs'))
  const hourly = daysBetween(range.from, range.to) <= HOURLY_UP_TO_DAYS
  const allSources = useAllSources(range.today)
  const { data, isError, error, refetch } = useReport({
    from: range.from,
    to: range.to,
    metrics: [metric],
    dimensions: [hourly ? 'hour' : 'date', 'media_source'],
    limit: MOST_ROWS,
  })
  const { from, to, timeZone } = range
  const series = useMemo(
    () =>
      data &&
      seriesFromRows(data.rows, {
        range: { from, to },
        hourly,
        metric,
        dimension: 'media_source',
        additive: ADDITIVE.has(metric),
        timeZone,
        now: Date.now(),
        allSources,
        nameOf: dimensionText,
      }),
    [data, from, to, hourly, metric, timeZone, allSources],
  )
  if (isError && !data) return <ErrorState error={error} retry={() => refetch()} className="ui-card" />
  const term = termOf(metric)
  const currency = data?.meta.currency
  const unit = term.unit === 'money' ? (currency ?? '') : term.unit === 'ratio' ? 'percent' : term.title.toLowerCase()
  return (
    <ChartFrame
      title={`${term.title} by media source`}
      unit={`${unit} per ${hourly ? 'hour' : 'day'} · ${zoneLabel(app.timezone)}`}
      name={`${app.slug}-${metric}`}
      kind={ADDITIVE.has(metric) ? 'area' : 'line'}
      whole={term.unit === 'count'}
      data={series}
      formatValue={(value) => formatMetric(value, term.unit, { currency })}
      formatAxis={(value) => formatMetric(value, term.unit, { currency, compact: true })}
      formatBucket={(bucket) => (hourly ? bucket.slice(11) : formatDay(bucket))}
      actions={
        <Segmented
          label="Metric"
          value={metric}
          onChange={setMetric}
          options={METRICS.map((value) => ({ value, label: termOf(value).title }))}
        />
      }
      note={
        series && series.incompleteFrom < series.buckets.length
          ? `Dashed: the ${hourly ? 'hour' : 'day'} that is still running.`
          : undefined
      }
    />
  )
}
