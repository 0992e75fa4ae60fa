import { Histogram } from 'prom-client'
import { metricsRegistry } from '#server/platform/metrics.ts'

const NAME = 'unmogrowp_query_seconds'

/**
 * Notes how long a ClickHouse query took.
 * @param surface which part of the product asked
 * @param milliseconds from sending to the last row
 */
export function observeQuery(surface: string, outcome: 'ok' | 'error', milliseconds: number): void {
  // Looked up each time: Next bundles this file more than once, and a registry takes a name once.
  const registry = metricsRegistry()
  const known = registry.getSingleMetric(NAME)
  const histogram =
    known instanceof Histogram
      ? known
      : new Histogram({
          name: NAME,
          help: 'Seconds a ClickHouse query took, by surface and outcome',
          labelNames: ['surface', 'outcome'],
          buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
          registers: [registry],
        })
  histogram.observe({ surface, outcome }, milliseconds / 1000)
}
