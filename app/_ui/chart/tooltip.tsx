'use client'
import type { TimeSeries } from './series.ts'

/** All series at one moment, largest first; unknown ones last. */
export function ChartTooltip({
  data,
  bucket,
  total,
  formatValue,
  formatBucket,
}: {
  data: TimeSeries
  bucket: string
  /** Adds the sum; only for values that add up. */
  total: boolean
  formatValue: (value: number | null) => string
  formatBucket: (bucket: string) => string
}) {
  const index = data.buckets.indexOf(bucket)
  if (index < 0) return null
  const lines = data.series
    .map((series) => ({ ...series, value: series.values[index] ?? null }))
    .sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY))
  const known = lines.filter(({ value }) => value !== null)
  return (
    <div className="ui-pop min-w-40 px-3 py-2 text-xs">
      <p className="mb-1 font-medium">
        {formatBucket(bucket)}
        {index >= data.incompleteFrom && <span className="font-normal text-faint"> · so far</span>}
      </p>
      <ul className="flex flex-col gap-0.5">
        {lines.map((line) => (
          <li key={line.id} className="flex items-center gap-2">
            <span aria-hidden className="size-2 rounded-sm" style={{ background: line.colour }} />
            <span className="max-w-40 min-w-0 flex-1 truncate text-muted">{line.name}</span>
            <span>{formatValue(line.value)}</span>
          </li>
        ))}
        {total && lines.length > 1 && (
          <li className="mt-0.5 flex justify-between gap-4 border-t border-line pt-1 font-medium">
            <span>Total</span>
            <span>
              {formatValue(
                known.length < lines.length ? null : known.reduce((sum, line) => sum + (line.value ?? 0), 0),
              )}
            </span>
          </li>
        )}
      </ul>
    </div>
  )
}
