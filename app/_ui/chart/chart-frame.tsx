'use client'
import { ChartLine, Download, Table2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { type ReactNode, useMemo, useState } from 'react'
import { IconButton } from '../button.tsx'
import { cx } from '../cx.ts'
import { Skeleton } from '../states.tsx'
import { type Column, DataTable, downloadText, toCsv } from '../table/index.ts'
import type { TimeSeries } from './series.ts'

const TimeChart = dynamic(() => import('./time-chart.tsx').then((module) => module.TimeChart), {
  ssr: false,
  loading: () => <Skeleton className="size-full" />,
})

interface BucketRow {
  bucket: string
  index: number
}

/**
 * A chart over time with everything that belongs to it: what it counts, its unit, a legend that switches series, the same
 * numbers as a table (button, or the key T while the focus is inside), and CSV.
 * @example
 * <ChartFrame title="Installs by media source" unit="installs per day" name="installs" kind="area" data={series}
 *   formatValue={formatNumber} formatAxis={formatCompact} formatBucket={formatDay} actions={<Segmented … />} />
 */
export function ChartFrame({
  title,
  unit,
  name,
  kind,
  whole = false,
  data,
  loading,
  formatValue,
  formatAxis,
  formatBucket,
  actions,
  note,
}: {
  title: string
  unit: string
  /** Name of the CSV file and of the table's preferences. */
  name: string
  kind: 'area' | 'line'
  /** Values are counts. */
  whole?: boolean
  data: TimeSeries | undefined
  loading?: boolean
  formatValue: (value: number | null) => string
  formatAxis: (value: number) => string
  formatBucket: (bucket: string) => string
  actions?: ReactNode
  /** Shown under the chart: what the dashed part means, what is missing. */
  note?: ReactNode
}) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const [asTable, setAsTable] = useState(false)
  const shown = useMemo(
    () => data && { ...data, series: data.series.filter(({ id }) => !hidden.has(id)) },
    [data, hidden],
  )
  const rows: BucketRow[] = (data?.buckets ?? []).map((bucket, index) => ({ bucket, index }))
  const columns: Column<BucketRow>[] = [
    { id: 'bucket', title: 'Time', value: (row) => row.bucket, cell: (row) => formatBucket(row.bucket) },
    ...(data?.series ?? []).map(
      (series): Column<BucketRow> => ({
        id: series.id,
        title: series.name,
        number: true,
        value: (row) => series.values[row.index] ?? null,
        cell: (row) => formatValue(series.values[row.index] ?? null),
      }),
    ),
  ]
  const toggle = (id: string) => {
    const next = new Set(hidden)
    if (!next.delete(id)) next.add(id)
    setHidden(next)
  }
  return (
    <section
      aria-label={title}
      className="ui-card min-w-0"
      onKeyDown={(event) => {
        const target = event.target as HTMLElement
        if (
          event.key.toLowerCase() === 't' &&
          !event.metaKey &&
          !event.ctrlKey &&
          !target.closest('input,select,textarea')
        )
          setAsTable(!asTable)
      }}
    >
      <header className="flex flex-wrap items-center justify-between gap-2 px-4 pt-3">
        <div>
          <h2 className="text-base font-semibold">{title}</h2>
          <p className="text-xs text-faint">{unit}</p>
        </div>
        <div className="flex max-w-full flex-wrap items-center gap-1">
          {actions}
          <IconButton
            label={asTable ? 'Show as chart (T)' : 'Show as table (T)'}
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? <ChartLine /> : <Table2 />}
          </IconButton>
          <IconButton
            label="Download CSV"
            disabled={!data}
            onClick={() => downloadText(`${name}.csv`, toCsv(rows, columns))}
          >
            <Download />
          </IconButton>
        </div>
      </header>
      {asTable ? (
        <div className="pt-2">
          <DataTable label={title} columns={columns} rows={rows} rowId={(row) => row.bucket} tools={false} />
        </div>
      ) : (
        <>
          <div className="h-64 px-1 pt-3 sm:h-72">
            {loading || !shown ? (
              <div role="status" aria-label="Loading" className="size-full p-3">
                <Skeleton className="size-full" />
              </div>
            ) : (
              <TimeChart
                data={shown}
                kind={kind}
                whole={whole}
                formatValue={formatValue}
                formatAxis={formatAxis}
                formatBucket={formatBucket}
              />
            )}
          </div>
          <ul aria-label="Series" className="flex min-h-10 flex-wrap gap-x-1 px-3 pt-1 pb-2">
            {data?.series.map((series) => (
              <li key={series.id}>
                <button
                  type="button"
                  aria-pressed={!hidden.has(series.id)}
                  onClick={() => toggle(series.id)}
                  className={cx(
                    'flex h-7 max-w-48 items-center gap-1.5 rounded px-1.5 text-xs hover:bg-hover',
                    hidden.has(series.id) && 'text-faint line-through',
                  )}
                >
                  <span
                    aria-hidden
                    className="size-2.5 shrink-0 rounded-sm"
                    style={{ background: hidden.has(series.id) ? 'var(--line)' : series.colour }}
                  />
                  <span className="truncate">{series.name}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {note && <p className="border-t border-line px-4 py-2 text-xs text-faint">{note}</p>}
    </section>
  )
}
