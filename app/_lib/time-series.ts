import { OTHER_COLOUR, sourceColours } from '#app/_ui/chart/colours.ts'
import { type Series, type TimeSeries, withOther } from '#app/_ui/chart/series.ts'
import { type DayRange, eachDay } from './days.ts'
import type { ReportRow } from './reports.ts'

const MOST_SERIES = 8

/** A bucket as the chart names it: a day, or `YYYY-MM-DD HH:00`. */
export function normalBucket(value: string): string {
  const hour = /^(\d{4}-\d{2}-\d{2})[T ](\d{2})/.exec(value)
  return hour ? `${hour[1]} ${hour[2]}:00` : value.slice(0, 10)
}

/** The bucket that `now` falls into on the calendar of `timeZone`. */
export function bucketOf(now: number, timeZone: string, hourly: boolean): string {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(now)
  return hourly ? normalBucket(text) : text.slice(0, 10)
}

/** Every bucket of a range: its days, or the 24 hours of each. */
export function bucketsOf(range: DayRange, hourly: boolean): string[] {
  const days = eachDay(range.from, range.to)
  if (!hourly) return days
  return days.flatMap((day) => Array.from({ length: 24 }, (_, hour) => `${day} ${String(hour).padStart(2, '0')}:00`))
}

/**
 * Turns report rows into one series per value of a dimension.
 * @param additive the metric adds up: a group without a row is then 0, otherwise unknown
 * @param now what the clock says, to leave the future empty and mark the running bucket
 * @param allSources every source of the app, so that colours are the same on every page
 */
export function seriesFromRows(
  rows: readonly ReportRow[],
  options: {
    range: DayRange
    hourly: boolean
    metric: string
    dimension: string
    additive: boolean
    timeZone: string
    now: number
    allSources: readonly string[]
    nameOf: (value: string) => string
  },
): TimeSeries {
  const { range, hourly, metric, dimension, additive } = options
  const current = bucketOf(options.now, options.timeZone, hourly)
  const buckets = bucketsOf(range, hourly)
  const position = new Map(buckets.map((bucket, index) => [bucket, index]))
  const groups = new Map<string, (number | null)[]>()
  const seen = new Set<string>()
  for (const row of rows) {
    const index = position.get(normalBucket(String(row[hourly ? 'hour' : 'date'] ?? '')))
    if (index === undefined) continue
    const group = String(row[dimension] ?? '')
    let values = groups.get(group)
    if (!values) {
      values = buckets.map((bucket) => (additive && bucket <= current ? 0 : null))
      groups.set(group, values)
    }
    const value = row[metric]
    const number = typeof value === 'number' ? value : null
    // The hour that the end of summer time repeats comes as two rows.
    const repeated = hourly && seen.has(`${index} ${group}`)
    values[index] = repeated && additive && number !== null ? (values[index] ?? 0) + number : number
    seen.add(`${index} ${group}`)
  }
  const colours = sourceColours([...options.allSources, ...groups.keys()])
  const sum = (values: (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0)
  const series: Series[] = [...groups]
    .sort(([, a], [, b]) => sum(b) - sum(a))
    .map(([id, values]) => ({ id, name: options.nameOf(id), colour: colours.get(id) ?? OTHER_COLOUR, values }))
  const running = buckets.findIndex((bucket) => bucket >= current)
  return {
    buckets,
    series: additive
      ? withOther(series, MOST_SERIES, { name: 'Other', colour: OTHER_COLOUR })
      : series.slice(0, MOST_SERIES),
    incompleteFrom: running < 0 ? buckets.length : running,
  }
}
