'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Route } from 'lucide-react'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatMetric, formatMoney, formatNumber, UNKNOWN, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { DateRangePicker, useDateRange } from '#app/_ui/date-range.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { Segmented } from '#app/_ui/segmented.tsx'
import { describeError, EmptyState, ErrorState, Skeleton, TableSkeleton } from '#app/_ui/states.tsx'
import { StaleNotice } from '../../_components/stale-notice.tsx'
import { ModelsChart } from './models-chart.tsx'
import { ModelsTable } from './models-table.tsx'
import { Parameters } from './parameters.tsx'
import { PathStatistics } from './path-statistics.tsx'
import { NOTHING, Totals } from './totals.tsx'
import { useQuestion } from './use-question.ts'
import { isDataDriven, joined, MEASURE_TITLES, MEASURES, type Measure, type Model, unsolvedWords } from './words.ts'

/** A share of conversions, with one digit behind the point in every row where the largest is below 1,000. */
function formatShare(value: number | null, like: number): string {
  if (value === null || like >= 1000) return formatNumber(value)
  const parts = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  return Number.isFinite(value) ? parts.format(value) : UNKNOWN
}

/**
 * Multi-touch: every attribution model side by side for one kind of conversion, and what the paths look like. What is asked
 * stands in the URL. The models by place answer first; Markov, Shapley and the paths follow.
 */
export function MultiTouchRoom() {
  const app = useApp()
  const scope = useAppScope()
  const trpc = useTRPC()
  const range = useDateRange(app.timezone)
  const asked = useQuestion()
  const [measure, setMeasure] = useQueryState('measure', parseAsStringLiteral(MEASURES).withDefault('conversions'))
  const { question } = asked
  const input = { ...scope, from: range.from, to: range.to, ...question }
  const touch = useQuery({
    ...trpc.multiTouch.touchModels.queryOptions(input),
    placeholderData: keepPreviousData,
  })
  // Two more questions over the same paths: after the first answer, so that it does not wait for theirs.
  const ready = touch.isSuccess && !touch.isPlaceholderData && touch.data.totals.conversions > 0
  const driven = useQuery(trpc.multiTouch.dataDriven.queryOptions(input, { enabled: ready }))
  const paths = useQuery(trpc.multiTouch.paths.queryOptions(input, { enabled: ready }))
  const { data } = touch
  const missing = [...(data?.meta.missing ?? []), ...(driven.data?.missing ?? [])]
  const valued = !missing.some(({ figure }) => figure === 'value')
  const rows = data ? joined(data.rows, driven.data, valued) : []
  const currency = data?.meta.currency ?? 'USD'
  const like = Math.max(
    0,
    ...rows.flatMap((row) => Object.values(row.models).map((one) => Math.abs(one[measure] ?? 0))),
  )
  const money = (value: number | null) => formatMoney(value, currency, { like })
  const format = (value: number | null) =>
    measure === 'conversions'
      ? formatShare(value, like)
      : measure === 'roas'
        ? formatMetric(value, 'ratio')
        : money(value)
  const units: Record<Measure, string> = {
    conversions: 'conversions',
    value: currency,
    roas: 'value ÷ cost, percent',
    costPerConversion: `${currency} per conversion`,
  }
  const reasonFor = (figure: string) => missing.find((entry) => entry.figure === figure)?.message
  const reasons: Record<Measure, string | undefined> = {
    conversions: undefined,
    value: reasonFor('value'),
    roas: reasonFor('value') ?? reasonFor('cost'),
    costPerConversion: reasonFor('cost'),
  }
  const reasonOf = (model: Model | 'cost') => {
    if (model === 'cost') return reasonFor('cost') ?? 'No costs were imported for this row.'
    if (driven.isError && isDataDriven(model)) return 'This model could not be computed; the reason is below the table.'
    return reasonFor(model) ?? reasons[measure] ?? NOTHING
  }
  const noRate = missing.filter(({ currencies }) => currencies?.length)
  const unsolved = unsolvedWords(driven.data?.missing ?? [], question)
  const failed = touch.isError && !data
  return (
    <PageBody>
      <PageHeader
        title="Multi-touch"
        purpose={`How each model shares conversions among the touches before them. Days begin in ${zoneLabel(app.timezone)}.`}
        actions={<DateRangePicker range={range} />}
      />
      <div className="flex flex-col gap-4">
        <Parameters question={asked} />
        {touch.isError && data && <StaleNotice error={touch.error} retry={() => touch.refetch()} />}
        {noRate.length > 0 && (
          <Notice tone="warning" title="Amounts are unknown.">
            {noRate[0]?.message}
          </Notice>
        )}
        {failed && describeError(touch.error).field === 'conversion' ? (
          <Card>
            <EmptyState
              icon={<Route />}
              title="No such event"
              action={<Button onClick={() => asked.set({ conversion: null })}>Show installs</Button>}
            >
              {describeError(touch.error).message}
            </EmptyState>
          </Card>
        ) : failed ? (
          <ErrorState error={touch.error} retry={() => touch.refetch()} className="ui-card" />
        ) : !data || touch.isPlaceholderData ? (
          <>
            <Totals totals={undefined} nulls={undefined} currency={currency} reasonFor={reasonFor} />
            <Card>
              <Skeleton className="h-80 w-full" />
            </Card>
            <Card padded={false} title="Models side by side">
              <TableSkeleton />
            </Card>
          </>
        ) : data.totals.conversions === 0 ? (
          <Card>
            <EmptyState icon={<Route />} title="No conversions in these days">
              {question.conversion === 'install'
                ? 'No new install was dated to this range. Choose other dates, or an event as the conversion.'
                : `No ${question.conversion} was dated to this range. Choose other dates or another conversion.`}
            </EmptyState>
          </Card>
        ) : (
          <>
            <Totals
              totals={data.totals}
              nulls={driven.isError ? null : driven.data?.nulls}
              currency={currency}
              reasonFor={reasonFor}
            />
            <div>
              <Segmented
                label="Measure"
                value={measure}
                onChange={setMeasure}
                options={MEASURES.map((value) => ({ value, label: MEASURE_TITLES[value] }))}
              />
            </div>
            <ModelsChart
              title={`${MEASURE_TITLES[measure]} by model`}
              unit={units[measure]}
              rows={rows}
              measure={measure}
              parameters={question}
              waiting={driven.isLoading}
              format={format}
            />
            <Card
              padded={false}
              title="Models side by side"
              description={`${MEASURE_TITLES[measure]} that each model gives.`}
            >
              <ModelsTable
                name={`${app.slug}-multi-touch`}
                level={question.level}
                rows={rows}
                totals={data.totals}
                measure={measure}
                parameters={question}
                waiting={driven.isLoading}
                format={format}
                formatCost={(value) => formatMoney(value, currency)}
                reasonOf={reasonOf}
              />
              {driven.isError && (
                <div className="border-t border-line">
                  <ErrorState error={driven.error} retry={() => driven.refetch()} />
                </div>
              )}
              {unsolved.map((words) => (
                <p key={words} className="px-4 py-2 text-xs text-muted">
                  {words}
                </p>
              ))}
              {data.meta.cut > 0 && (
                <p className="px-4 py-2 text-xs text-faint">
                  {formatNumber(data.meta.cut)} conversions have more than 200 touches; the latest 200 of each count.
                </p>
              )}
              {data.meta.grouped && (
                <p className="px-4 py-2 text-xs text-faint">Beyond the 400 most frequent, the rest stands together.</p>
              )}
            </Card>
            {paths.isError ? (
              <ErrorState error={paths.error} retry={() => paths.refetch()} className="ui-card" />
            ) : paths.data ? (
              <PathStatistics
                statistics={paths.data}
                formatValue={valued ? (value) => formatMoney(value, currency) : null}
              />
            ) : (
              <Card padded={false} title="Top paths">
                <TableSkeleton rows={5} />
              </Card>
            )}
          </>
        )}
      </div>
    </PageBody>
  )
}
