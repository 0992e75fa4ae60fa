import type { ReportRequest } from '../request.ts'
import type { TenantQuery } from '../tenant-query.ts'

/** A rate holds for its own day and this many days after it: weekends and holidays have none. */
export const RATE_MAX_AGE_DAYS = 10

/**
 * The value of one unit of each currency in the reporting currency, for each day of the range, as a subquery
 * `(currency, day, rate)`. A direct rate is preferred; otherwise two rates are chained through a common currency.
 * Days without a rate of at most {@link RATE_MAX_AGE_DAYS} days are absent.
 */
export function exchangeRates(context: {
  query: TenantQuery
  request: Pick<ReportRequest, 'from' | 'to' | 'currency'>
}): string {
  const { query, request } = context
  const reporting = query.bind('String', request.currency)
  const from = query.bind('Date', request.from)
  const to = query.bind('Date', request.to)
  const table = query.table(
    'exchange_rates',
    ['base', 'quote', 'day', 'rate', 'imported_at'],
    // A day of the range in the report's zone may be the day before or after in UTC.
    [`day >= ${from} - ${RATE_MAX_AGE_DAYS + 1}`, `day <= ${to} + 1`, 'rate > 0'],
  )
  // Every rate in both directions, on every day it holds for.
  const spread =
    `(select tupleElement(pair, 1) as a, tupleElement(pair, 2) as b, tupleElement(pair, 3) as rate, tupleElement(pair, 4) as inverse, age, day + age as valid_day, imported_at` +
    ` from (select day, imported_at, arrayJoin([(base, quote, rate, 0), (quote, base, 1 / rate, 1)]) as pair, arrayJoin(range(0, ${RATE_MAX_AGE_DAYS + 1})) as age from ${table}))`
  const pairs = (condition: string) =>
    `(select toString(a) as x, toString(b) as y, valid_day, argMin(rate, (age, inverse, -toUnixTimestamp64Milli(imported_at))) as rate` +
    ` from ${spread} where ${condition} group by a, b, valid_day)`
  const intoReporting = pairs(`b = ${reporting}`)
  const others = pairs(`a != ${reporting} and b != ${reporting}`)
  const direct = `select x as currency, valid_day as day, rate, 0 as hops, '' as hub from ${intoReporting}`
  const chained =
    `select l.x as currency, l.valid_day as day, l.rate * r.rate as rate, 1 as hops, l.y as hub` +
    ` from ${others} as l inner join ${intoReporting} as r on l.y = r.x and l.valid_day = r.valid_day`
  return `(select currency, day, argMin(rate, (hops, hub)) as rate from (${direct} union all ${chained}) group by currency, day)`
}
