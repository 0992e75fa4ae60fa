import type { FactContext } from './facts/fact.ts'
import { inRange } from './facts/fact.ts'
import { exchangeRates } from './facts/rates.ts'
import type { TenantQuery } from './tenant-query.ts'

/**
 * What each device of an app paid in production, as a subquery `(device_id, revenue, unknown)`: exact sums per currency and
 * day, converted at the day's rate as in reports. `unknown` names the currencies without a rate, whose amounts are left out.
 * @param query of one app
 * @param range days in `timezone`, `to` exclusive, by event time; the reporting currency, ISO 4217
 */
export function deviceRevenue(
  query: TenantQuery,
  range: { from: string; to: string; timezone: string; currency: string },
): string {
  const request = { ...range, today: range.to, metrics: [], dimensions: [], filters: [], orderBy: [], limit: 0 }
  const context: FactContext = { query, request, measures: new Set() }
  const events = query.table(
    'events',
    ['device_id', 'event_time', 'revenue', 'currency'],
    [`environment = 'production'`, inRange(context, 'event_time'), 'revenue != 0'],
  )
  // By UTC day, so that the same event is worth the same in every time zone's report.
  const sums = `(select device_id, toString(currency) as currency, toDate(event_time, 'UTC') as day, sum(revenue) as amount from ${events} group by device_id, currency, day)`
  const rate = `if(r.currency = ${query.bind('String', range.currency)}, 1, f.rate)`
  const converted = `(select r.device_id as device_id, r.currency as currency, toFloat64(r.amount) * ${rate} as value, ${rate} = 0 and r.amount != 0 as missing from ${sums} as r left join ${exchangeRates(context)} as f on f.currency = r.currency and f.day = r.day)`
  return `(select device_id, ifNull(sumIf(value, not missing), 0) as revenue, groupUniqArrayIf(currency, missing) as unknown from ${converted} group by device_id)`
}
