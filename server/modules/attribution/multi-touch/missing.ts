import { isHidden, RATE_MAX_AGE_DAYS, type ReportResult } from '#server/query/index.ts'
import type { MultiTouchMissing, MultiTouchRow } from './answer.ts'
import type { JourneyContext } from './journeys.ts'

/** Costs together; unknown as soon as one amount has no rate. */
export function totalCost(rows: readonly MultiTouchRow[], gaps: ReportResult['gaps'] | null): number | null {
  const known = rows.flatMap(({ cost }) => cost ?? [])
  return gaps === null || gaps.currencies.cost.length > 0 || known.length === 0
    ? null
    : known.reduce((sum, cost) => sum + cost, 0)
}

/**
 * Why no value can be shown; empty where it can.
 * @param paid conversions with an amount
 * @param unpriced currencies without a rate
 */
export function missingValue(context: JourneyContext, paid: number, unpriced: readonly string[]): MultiTouchMissing[] {
  const { query, input } = context
  const say = (reason: MultiTouchMissing['reason'], message: string, more = {}): MultiTouchMissing[] => [
    { figure: 'value', reason, message, partial: false, ...more },
  ]
  if (input.conversion === 'install') {
    return say(
      'installs_have_no_value',
      'Installs carry no revenue. Choose an event with revenue to see value and ROAS.',
    )
  }
  if (isHidden('revenue', query.scope.hiddenMetrics)) {
    return say('not_in_your_access', 'Your access does not include revenue.')
  }
  if (unpriced.length > 0) {
    const message = `No exchange rate of at most ${RATE_MAX_AGE_DAYS} days before for ${unpriced.join(', ')}. Import rates in the organization’s settings.`
    return say('no_exchange_rate', message, { currencies: [...unpriced] })
  }
  return paid > 0 ? [] : say('no_revenue', `No ${input.conversion} of these days carries revenue.`)
}

/** Which costs, and so which ROAS, cannot be known. */
export function missingCost(rows: readonly MultiTouchRow[], gaps: ReportResult['gaps'] | null): MultiTouchMissing[] {
  const partial = rows.some(({ cost }) => cost !== null)
  const say = (reason: MultiTouchMissing['reason'], message: string, more = {}) =>
    (['cost', 'roas'] as const).map((figure): MultiTouchMissing => ({ figure, reason, message, partial, ...more }))
  if (gaps === null) return say('not_in_your_access', 'Your access does not include costs.')
  const currencies = gaps.currencies.cost
  if (currencies.length > 0) {
    return say('no_exchange_rate', `No exchange rate for costs in ${currencies.join(', ')}.`, { currencies })
  }
  const bare = rows.some(({ cost, kind }) => cost === null && kind !== 'organic')
  if (!bare) return []
  return say(
    'no_costs_imported',
    partial ? 'Costs were imported for some rows only.' : 'No costs were imported for this range.',
  )
}
