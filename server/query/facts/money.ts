import type { Dimension } from '../dimensions.ts'
import { deviceGroups, EVENT_DIMENSIONS } from './events.ts'
import { breakdown, columnDimensions, type Fact, type FactContext, whereClause } from './fact.ts'
import { exchangeRates } from './rates.ts'
import { rolledRows, rolledUp } from './rollup.ts'

/**
 * Exact sums per currency and day, converted at the day's rate. Amounts without a rate are left out of the sum and their
 * currencies named in `g_…`, so that nobody takes the rest for the whole.
 */
function converted(context: FactContext, names: readonly string[], sums: string, figures: readonly string[]): string {
  const currency = context.query.bind('String', context.request.currency)
  const rate = `if(r.currency = ${currency}, 1, f.rate)`
  const rows = `(select r.*, ${rate} as rate, toFloat64(r.amount) * rate as value, rate = 0 and r.amount != 0 as unknown from (${sums}) as r left join ${exchangeRates(context)} as f on f.currency = r.currency and f.day = r.day)`
  const groupBy = names.length === 0 ? '' : ` group by ${names.join(', ')}`
  return `select ${[...names, ...figures].join(', ')} from ${rows}${groupBy}`
}

const REVENUE_FIGURES = ['sumIf(value, not unknown) as m_revenue', 'groupUniqArrayIf(currency, unknown) as g_revenue']

/** Revenue from the rollup, where it has every dimension of the question. */
function revenueRolledUp(context: FactContext): string {
  const { table, names, select, where } = rolledRows(context)
  const columns = [
    ...select,
    'toString(currency) as unit',
    `toDate(bucket, 'UTC') as utc_day`,
    'revenue',
    'paid_events',
  ]
  const rows = `(select ${columns.join(', ')} from ${table}${whereClause(where)})`
  const sums = `select ${[...names, 'unit as currency', 'utc_day as day', 'sum(revenue) as amount'].join(', ')} from ${rows} group by ${[...names, 'currency', 'day'].join(', ')} having sum(paid_events) > 0`
  return converted(context, names, sums, REVENUE_FIGURES)
}

/** Revenue of events by event time; the part of devices with an attributed install beside it. */
export const revenue: Fact = {
  dimensions: EVENT_DIMENSIONS,
  build(context) {
    const split = context.measures.has('attributed_revenue')
    if (!split && rolledUp(context)) return revenueRolledUp(context)
    const { rows, names } = deviceGroups(context, {
      // By UTC day, so that the same event is worth the same in every time zone's report.
      keys: ['toString(currency) as unit', `toDate(event_time, 'UTC') as utc_day`],
      figures: ['sum(revenue) as paid'],
      columns: ['revenue', 'currency'],
      where: ['revenue != 0'],
      withOutcome: split,
    })
    const columns = [
      ...names,
      'unit as currency',
      'utc_day as day',
      `${split ? `outcome = 'attributed'` : '0'} as attributed`,
      'sum(paid) as amount',
    ]
    const sums = `select ${columns.join(', ')} from ${rows} group by ${[...names, 'currency', 'day', 'attributed'].join(', ')}`
    return converted(context, names, sums, [
      ...(context.measures.has('revenue') ? REVENUE_FIGURES : []),
      ...(split
        ? [
            'sumIf(value, attributed and not unknown) as m_attributed_revenue',
            'groupUniqArrayIf(currency, attributed and unknown) as g_attributed_revenue',
          ]
        : []),
    ])
  },
}

const COST_COLUMNS = ['media_source', 'campaign', 'ad_set', 'ad', 'country'] as const satisfies readonly Dimension[]

/** Imported ad costs by their day. A later import of the same row replaces the earlier one. */
export const costs: Fact = {
  dimensions: new Set<Dimension>(['date', ...COST_COLUMNS]),
  build(context) {
    const { query, request } = context
    const by = breakdown(context, {
      date: { group: 'day', text: 'toString(day)' },
      ...columnDimensions(COST_COLUMNS),
    })
    const range = `day >= ${query.bind('Date', request.from)} and day < ${query.bind('Date', request.to)}`
    const key = ['app_id', 'day', ...COST_COLUMNS, 'currency'].join(', ')
    const latest = `(select ${key}, argMax(cost, imported_at) as paid from ${query.table('costs', ['*'], [range])} group by ${key})`
    const sums = `select ${[...by.select, 'toString(currency) as currency', 'day', 'sum(paid) as amount', 'count() as imported'].join(', ')} from ${latest}${whereClause(by.where)} group by ${[...by.names, 'currency', 'day'].join(', ')}`
    return converted(context, by.names, sums, [
      'sumIf(value, not unknown) as m_cost',
      'groupUniqArrayIf(currency, unknown) as g_cost',
      'sum(imported) as r_cost',
    ])
  },
}
