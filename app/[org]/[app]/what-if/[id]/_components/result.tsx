'use client'
import { useQuery } from '@tanstack/react-query'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useAppScope } from '#app/_lib/console.tsx'
import { formatMoney, formatNumber, formatPercent } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Card } from '#app/_ui/card.tsx'
import { Segmented } from '#app/_ui/segmented.tsx'
import { Stat, StatRow } from '#app/_ui/stat.tsx'
import { EmptyState, ErrorState, Skeleton, TableSkeleton } from '#app/_ui/states.tsx'
import { type ReplayRow, signed } from '../../_components/words.ts'
import { ComparisonTable } from './comparison-table.tsx'
import { FlowChart } from './flow-chart.tsx'

type Comparison = Outputs['replays']['comparison']
const METRICS = ['installs', 'revenue'] as const

/** What a finished what-if would have changed. */
export function Result({ row }: { row: ReplayRow }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const comparison = useQuery(trpc.replays.comparison.queryOptions({ ...scope, id: row.id }, { staleTime: 5 * 60_000 }))
  if (comparison.isError)
    return (
      <Card padded={false}>
        <ErrorState error={comparison.error} retry={() => void comparison.refetch()} />
      </Card>
    )
  if (!comparison.data)
    return (
      <div className="flex flex-col gap-4">
        <Skeleton className="h-20 w-full" />
        <Skeleton className="h-80 w-full" />
        <Card padded={false}>
          <TableSkeleton rows={6} />
        </Card>
      </div>
    )
  if (comparison.data.installs === 0)
    return (
      <Card padded={false}>
        <EmptyState title="There were no installs in this period">
          {row.installsLeft > 0
            ? `${formatNumber(row.installsLeft)} installs were decided by another product and cannot be decided again.`
            : 'Choose another period.'}
        </EmptyState>
      </Card>
    )
  return <Shown row={row} data={comparison.data} />
}

function Shown({ row, data }: { row: ReplayRow; data: Comparison }) {
  const [metric, setMetric] = useQueryState('metric', parseAsStringLiteral(METRICS).withDefault('installs'))
  const shown = data.revenueShown ? metric : 'installs'
  const money = (value: number) => formatMoney(value, data.currency, { like: data.revenue })
  const format = shown === 'installs' ? (value: number) => formatNumber(value) : money
  return (
    <div className="flex flex-col gap-4">
      <Figures data={data} money={money} />
      {row.installsLeft > 0 && (
        <Notice>
          {formatNumber(row.installsLeft)} installs of the period were decided by another product. They are left out
          here.
        </Notice>
      )}
      {data.currenciesWithoutRate.length > 0 && (
        <Notice tone="warning" title="Some revenue is not counted.">
          There is no exchange rate for {data.currenciesWithoutRate.join(', ')}. Import rates in the organization’s
          settings.
        </Notice>
      )}
      {data.revenueShown && (
        <div>
          <Segmented
            label="Measure"
            value={shown}
            onChange={(next) => void setMetric(next)}
            options={[
              { value: 'installs', label: 'Installs' },
              { value: 'revenue', label: `Revenue, ${data.currency}` },
            ]}
          />
        </div>
      )}
      <FlowChart
        flows={data.flows.map((flow) => ({ from: flow.from, to: flow.to, value: flow[shown] }))}
        unit={shown === 'installs' ? 'Installs' : `Revenue in ${data.currency}`}
        formatValue={format}
      />
      <ComparisonTable data={data} metric={shown} format={format} />
    </div>
  )
}

function Figures({ data, money }: { data: Comparison; money: (value: number) => string }) {
  const { installs, moved, movedCampaign, movedRevenue, unchangedShare, reinstallsBefore, reinstallsAfter } = data
  return (
    <>
      <p className="text-lg">
        <strong className="font-semibold">{formatPercent(moved / installs)}</strong> of {formatNumber(installs)}{' '}
        installs would go to another media source.
      </p>
      <StatRow>
        <Stat
          term={{
            title: 'Installs that move',
            description:
              'Installs that go to another media source; organic counts as one. Reinstalls are counted with installs here.',
          }}
          value={formatNumber(moved)}
          footer={`of ${formatNumber(installs)}`}
        />
        <Stat
          term={{
            title: 'Move within a source',
            description: 'Installs that stay with their media source and go to another campaign of it.',
          }}
          value={formatNumber(movedCampaign)}
        />
        {data.revenueShown && (
          <Stat
            term={{
              title: 'Revenue that moves',
              description:
                'Revenue of the devices that go to another media source, from the period’s first day until now.',
            }}
            value={money(movedRevenue)}
            footer={`of ${money(data.revenue)}`}
          />
        )}
        <Stat
          term={{ title: 'Unchanged', description: 'Share of installs that keep their media source and campaign.' }}
          value={formatPercent(unchangedShare)}
        />
        <Stat
          term={{
            title: 'Reinstalls',
            description: 'Installs of devices that had the app before, within the reinstall window.',
          }}
          value={formatNumber(reinstallsAfter)}
          footer={`${signed(reinstallsAfter - reinstallsBefore, formatNumber)} against what happened`}
        />
      </StatRow>
    </>
  )
}
