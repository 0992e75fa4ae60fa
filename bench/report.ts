import { cpus, totalmem } from 'node:os'

/** One measured figure. `ratio` is value ÷ baseline, or baseline ÷ value for times: higher is better. */
export interface Row {
  case: string
  metric: string
  value: number
  unit: string
  baseline: number | null
  ratio: number | null
}

const round = (value: number): number => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)))

/** Makes a row whose higher values are better, such as events per second. */
export function rate(name: string, metric: string, value: number, unit: string, baseline: number | null = null): Row {
  return {
    case: name,
    metric,
    value: round(value),
    unit,
    baseline: baseline === null ? null : round(baseline),
    ratio: baseline === null ? null : round(value / baseline),
  }
}

/** Makes a row whose lower values are better, such as milliseconds. */
export function time(name: string, metric: string, value: number, unit: string, baseline: number | null = null): Row {
  return {
    case: name,
    metric,
    value: round(value),
    unit,
    baseline: baseline === null ? null : round(baseline),
    ratio: baseline === null ? null : round(baseline / value),
  }
}

/** Makes a row for a figure that is neither better high nor low, or has no baseline. */
export function figure(name: string, metric: string, value: number, unit: string): Row {
  return { case: name, metric, value: round(value), unit, baseline: null, ratio: null }
}

/** Prints a table for people and, with json, the object of the contract on the last line. */
export function report(bench: string, rows: readonly Row[], json: boolean): void {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
  }
  console.log(`\n${bench} on ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB`)
  console.table(
    rows.map(({ case: name, metric, value, unit, baseline, ratio }) => ({
      case: name,
      metric,
      value,
      unit,
      baseline: baseline ?? '–',
      ratio: ratio ?? '–',
    })),
  )
  if (json) console.log(JSON.stringify({ bench, machine, rows }))
}

/** The middle value; of two middle ones the lower. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value that the given share of values does not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new Error('percentile of nothing')
  return value
}

/** How fast values grow, by least squares. */
export function slopePerMinute(points: readonly { minute: number; value: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const minute = mean(points.map((point) => point.minute))
  const value = mean(points.map((point) => point.value))
  const spread = points.reduce((sum, point) => sum + (point.minute - minute) ** 2, 0)
  return points.reduce((sum, point) => sum + (point.minute - minute) * (point.value - value), 0) / spread
}
