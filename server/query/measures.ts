/** Where figures come from: each fact is one scan of one kind of row, grouped by the report's dimensions. */
export type FactName = 'touchpoints' | 'installs' | 'returns' | 'events' | 'revenue' | 'costs' | 'retention'

/** Measures and the fact that brings each. */
export const MEASURES = {
  clicks: 'touchpoints',
  views: 'touchpoints',
  installs: 'installs',
  attributed_installs: 'installs',
  organic_installs: 'installs',
  reinstalls: 'installs',
  events: 'events',
  sessions: 'events',
  reengagements: 'returns',
  unique_devices: 'events',
  revenue: 'revenue',
  attributed_revenue: 'revenue',
  cost: 'costs',
  retained_d1: 'retention',
  retained_d7: 'retention',
  retained_d30: 'retention',
  cohort_d1: 'retention',
  cohort_d7: 'retention',
  cohort_d30: 'retention',
} as const satisfies Record<string, FactName>

export type Measure = keyof typeof MEASURES
const MONEY = new Set<Measure>(['revenue', 'attributed_revenue', 'cost'])

/**
 * Columns of a measure and how groups of them are added up.
 * `m_` is the figure, `g_` the currencies that lacked a rate, `r_cost` how many imported rows stand behind a cost.
 */
export function measureColumns(measure: Measure): { name: string; empty: string; combine: string }[] {
  const columns = [{ name: `m_${measure}`, empty: '0', combine: 'sum' }]
  if (MONEY.has(measure)) {
    columns.push({ name: `g_${measure}`, empty: 'emptyArrayString()', combine: 'groupUniqArrayArray' })
  }
  if (measure === 'cost') columns.push({ name: 'r_cost', empty: '0', combine: 'sum' })
  return columns
}
