/** One line or area of a chart. */
export interface Series {
  id: string
  name: string
  /** A CSS colour. */
  colour: string
  /** One value per bucket; null is unknown or not yet, and shows as a gap. */
  values: readonly (number | null)[]
}

export interface TimeSeries {
  /** Days `YYYY-MM-DD` or hours `YYYY-MM-DD HH:00`, in the app's zone, without holes. */
  buckets: readonly string[]
  series: readonly Series[]
  /** First bucket that is still filling; the length of `buckets` when none is. */
  incompleteFrom: number
}

/** Sum of what is known; null when nothing is. */
export function seriesTotal(series: Series): number | null {
  const known = series.values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

/**
 * Keeps the `most` largest series and adds the others up as one. Only for values that may be added up.
 * @param other name and colour of the rest
 */
export function withOther(
  series: readonly Series[],
  most: number,
  other: { name: string; colour: string },
): readonly Series[] {
  if (series.length <= most) return series
  const sorted = [...series].sort((a, b) => (seriesTotal(b) ?? 0) - (seriesTotal(a) ?? 0))
  const rest = sorted.slice(most - 1)
  const length = Math.max(...rest.map((one) => one.values.length))
  const values = Array.from({ length }, (_, index) => {
    const known = rest.map((one) => one.values[index] ?? null).filter((value) => value !== null)
    return known.length < rest.length ? null : known.reduce((sum, value) => sum + value, 0)
  })
  return [...sorted.slice(0, most - 1), { id: 'other*', ...other, values }]
}

/** A chart's point: the bucket, and per series its complete (`id`) and its still running part (`id~`). */
export type ChartPoint = Record<string, string | number | null>

/**
 * The shape the chart library wants. The running part begins at the last complete bucket, so that the dashed line joins the
 * solid one.
 */
export function toPoints({ buckets, series, incompleteFrom }: TimeSeries): ChartPoint[] {
  return buckets.map((bucket, index) => {
    const point: ChartPoint = { bucket }
    for (const { id, values } of series) {
      const value = values[index] ?? null
      point[id] = index < incompleteFrom ? value : null
      point[`${id}~`] = index >= incompleteFrom - 1 && incompleteFrom < buckets.length ? value : null
    }
    return point
  })
}
