import type { Measure } from './measures.ts'

export type Unit = 'count' | 'money' | 'ratio' | 'money_ratio'

/** One figure. `needs` are measures of the facts; `sql` combines them after they were grouped. */
export interface MetricEntry {
  title: string
  /** `money` and `money_ratio` are in the organization's reporting currency; `ratio` is a share (0.05 is 5 %). */
  unit: Unit
  formula: string
  /** What is counted, and what one should know before trusting it. */
  description: string
  /** Whether more of it is good news; null where that depends. */
  betterWhen: 'higher' | 'lower' | null
  needs: readonly Measure[]
  sql: string
}

const count = (name: Measure) => ({ unit: 'count', needs: [name], sql: `m_${name}` }) as const
/** A sum of money is unknown as soon as one amount in it has no rate: a partial sum would look like the whole. */
const MONEY = {
  revenue: 'if(notEmpty(g_revenue), null, round(m_revenue, 6))',
  attributed_revenue: 'if(notEmpty(g_attributed_revenue), null, round(m_attributed_revenue, 6))',
  cost: 'if(r_cost = 0 or notEmpty(g_cost), null, round(m_cost, 6))',
} as const
/** NULL over a zero denominator, and when either side is unknown. */
const over = (a: string, b: string) => `(${a}) / nullIf(toFloat64(${b}), 0)`

function retention(day: 1 | 7 | 30) {
  return {
    title: `Retention day ${day}`,
    unit: 'ratio',
    formula: `devices with a session on day ${day} ÷ devices whose day ${day} is over`,
    description: `Share of the range’s new installs that opened the app on the ${day === 1 ? 'day' : `${day}th day`} after the install, by calendar days of the time zone. Dated by install; devices whose day ${day} is not over yet are left out.`,
    betterWhen: 'higher',
    needs: [`retained_d${day}`, `cohort_d${day}`],
    sql: over(`m_retained_d${day}`, `m_cohort_d${day}`),
  } as const
}

/** Every metric a report may ask for; the contract's names. Sandbox events are in none of them. */
export const METRICS = {
  clicks: {
    ...count('clicks'),
    title: 'Clicks',
    formula: 'ad clicks recorded',
    description: 'Ad clicks by the time of the click, repeated clicks included.',
    betterWhen: null,
  },
  views: {
    ...count('views'),
    title: 'Views',
    formula: 'ad views recorded',
    description: 'Ad views (impressions) by the time of the view. Only what networks report to us.',
    betterWhen: null,
  },
  installs: {
    ...count('installs'),
    title: 'Installs',
    formula: 'attributed installs + organic installs',
    description: 'New installs by install time, under the current decisions. Reinstalls are counted apart.',
    betterWhen: 'higher',
  },
  attributed_installs: {
    ...count('attributed_installs'),
    title: 'Attributed installs',
    formula: 'installs with a winning click or view',
    description: 'New installs that a click or a view within its window earned.',
    betterWhen: 'higher',
  },
  organic_installs: {
    ...count('organic_installs'),
    title: 'Organic installs',
    formula: 'installs without a winning click or view',
    description: 'New installs that no click or view within its window can be credited with.',
    betterWhen: 'higher',
  },
  reinstalls: {
    ...count('reinstalls'),
    title: 'Reinstalls',
    formula: 'installs of a known device within the reinstall window',
    description:
      'Installs by a device that had the app before, re-attributions by retargeting included. Not part of installs.',
    betterWhen: null,
  },
  reengagements: {
    ...count('reengagements'),
    title: 'Re-engagements',
    formula: 'returns of known devices by a click, after the inactivity window',
    description:
      'Devices that came back by a retargeting click, or by any click where the app reports it, after they were silent. Counted by the source that brought them back.',
    betterWhen: 'higher',
  },
  sessions: {
    ...count('sessions'),
    title: 'Sessions',
    formula: 'session_start events',
    description: 'Events named session_start, by event time.',
    betterWhen: 'higher',
  },
  events: {
    ...count('events'),
    title: 'Events',
    formula: 'events of every name',
    description: 'All events by event time, install and session_start included. Sent twice counts once.',
    betterWhen: null,
  },
  unique_devices: {
    ...count('unique_devices'),
    title: 'Unique devices',
    formula: 'different devices with an event',
    description: 'Devices with at least one event. Counted exactly; rows do not add up to the total.',
    betterWhen: 'higher',
  },
  revenue: {
    title: 'Revenue',
    unit: 'money',
    formula: 'sum of event revenue at the rate of its day (UTC)',
    description:
      'Revenue by event time in the reporting currency, credited to the current decision of the device’s install. Unknown when one of the amounts has no exchange rate of at most ten days before.',
    betterWhen: 'higher',
    needs: ['revenue'],
    sql: MONEY.revenue,
  },
  attributed_revenue: {
    title: 'Attributed revenue',
    unit: 'money',
    formula: 'revenue of devices with an attributed install',
    description: 'The part of the revenue that comes from devices which a click or a view brought.',
    betterWhen: 'higher',
    needs: ['attributed_revenue'],
    sql: MONEY.attributed_revenue,
  },
  cost: {
    title: 'Cost',
    unit: 'money',
    formula: 'sum of imported costs at the rate of their day',
    description: 'What was imported as ad cost. Unknown, not zero, where nothing was imported.',
    betterWhen: 'lower',
    needs: ['cost'],
    sql: MONEY.cost,
  },
  cpi: {
    title: 'CPI',
    unit: 'money_ratio',
    formula: 'cost ÷ attributed installs',
    description: 'Cost of one attributed install.',
    betterWhen: 'lower',
    needs: ['cost', 'attributed_installs'],
    sql: over(MONEY.cost, 'm_attributed_installs'),
  },
  ecpi: {
    title: 'eCPI',
    unit: 'money_ratio',
    formula: 'cost ÷ installs',
    description: 'Cost spread over all new installs, organic ones included.',
    betterWhen: 'lower',
    needs: ['cost', 'installs'],
    sql: over(MONEY.cost, 'm_installs'),
  },
  roas: {
    title: 'ROAS',
    unit: 'ratio',
    formula: 'attributed revenue ÷ cost',
    description: 'Return on ad spend: revenue that ads brought for each unit of cost in the same range.',
    betterWhen: 'higher',
    needs: ['attributed_revenue', 'cost'],
    sql: over(MONEY.attributed_revenue, MONEY.cost),
  },
  ctr: {
    title: 'CTR',
    unit: 'ratio',
    formula: 'clicks ÷ views',
    description: 'Click-through rate. Above 1 where a network reports clicks but not all views.',
    betterWhen: 'higher',
    needs: ['clicks', 'views'],
    sql: over('m_clicks', 'm_views'),
  },
  conversion_rate: {
    title: 'Conversion rate',
    unit: 'ratio',
    formula: 'attributed installs ÷ clicks',
    description:
      'Attributed installs for each click, both dated by their own time. Installs earned by views are in it, so it can pass 1.',
    betterWhen: 'higher',
    needs: ['attributed_installs', 'clicks'],
    sql: over('m_attributed_installs', 'm_clicks'),
  },
  retention_d1: retention(1),
  retention_d7: retention(7),
  retention_d30: retention(30),
  arpu: {
    title: 'ARPU',
    unit: 'money_ratio',
    formula: 'revenue ÷ unique devices',
    description: 'Revenue for each device that was active in the range.',
    betterWhen: 'higher',
    needs: ['revenue', 'unique_devices'],
    sql: over(MONEY.revenue, 'm_unique_devices'),
  },
} as const satisfies Record<string, MetricEntry>

export type Metric = keyof typeof METRICS
export const METRIC_NAMES = Object.keys(METRICS) as [Metric, ...Metric[]]

/** Measures that a scope's hidden metrics make unreadable: a ratio would give the hidden figure away. */
export function isHidden(metric: Metric, hiddenMetrics: readonly string[]): boolean {
  if (hiddenMetrics.includes(metric)) return true
  const family = (measure: string) => (measure === 'attributed_revenue' ? 'revenue' : measure)
  return METRICS[metric].needs.some((measure) => hiddenMetrics.includes(family(measure)))
}
