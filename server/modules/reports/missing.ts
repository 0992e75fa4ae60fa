import { METRICS, type Metric, RATE_MAX_AGE_DAYS, type ReportResult } from '#server/query/index.ts'

/** Why a metric is null somewhere in a report. */
export interface Missing {
  metric: Metric
  reason: 'no_exchange_rate' | 'no_costs_imported' | 'dimension_not_available'
  /** For a reader. */
  message: string
  /** Currencies without a rate. */
  currencies?: string[]
  /** Dimensions that the metric's rows do not have. */
  dimensions?: string[]
  /** Whether some rows have the figure all the same. */
  partial: boolean
}

/** Names what the results could not know, metric by metric. */
export function missingOf(metrics: readonly Metric[], results: readonly ReportResult[]): Missing[] {
  return metrics.flatMap((metric) => {
    const partial = results.some((result) => result.rows.some((row) => typeof row[metric] === 'number'))
    const needs: readonly string[] = METRICS[metric].needs
    const found: Missing[] = []
    const dimensions = new Set(
      results.flatMap((result) =>
        result.gaps.unavailable.filter((entry) => entry.metric === metric).flatMap((entry) => entry.dimensions),
      ),
    )
    if (dimensions.size > 0) {
      const names = [...dimensions]
      const message = `${METRICS[metric].title} cannot be broken down or filtered by ${names.join(', ')}.`
      return [{ metric, reason: 'dimension_not_available' as const, message, dimensions: names, partial: false }]
    }
    const currencies = new Set(
      results.flatMap(({ gaps }) =>
        (['revenue', 'attributed_revenue', 'cost'] as const).flatMap((measure) =>
          needs.includes(measure) ? gaps.currencies[measure] : [],
        ),
      ),
    )
    if (currencies.size > 0) {
      const names = [...currencies].sort()
      const message = `No exchange rate of at most ${RATE_MAX_AGE_DAYS} days before for ${names.join(', ')}. Import rates in the organization’s settings.`
      found.push({ metric, reason: 'no_exchange_rate', message, currencies: names, partial })
    }
    if (needs.includes('cost') && results.some((result) => result.gaps.withoutCosts)) {
      const message = partial ? 'Costs were imported for some rows only.' : 'No costs were imported for this range.'
      found.push({ metric, reason: 'no_costs_imported', message, partial })
    }
    return found
  })
}
