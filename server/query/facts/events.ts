import { currentDecisions } from '../decisions.ts'
import { type Dimension, SOURCE_DIMENSIONS } from '../dimensions.ts'
import type { Measure } from '../measures.ts'
import {
  breakdown,
  columnDimensions,
  type DimensionExpressions,
  type Fact,
  type FactContext,
  inRange,
  timeDimensions,
  uses,
  whereClause,
} from './fact.ts'

const OWN = ['country', 'platform', 'os_version', 'app_version', 'event_name'] as const satisfies readonly Dimension[]

export const EVENT_DIMENSIONS: ReadonlySet<Dimension> = new Set<Dimension>([
  'date',
  'hour',
  ...OWN,
  ...SOURCE_DIMENSIONS,
])

const FIGURES: Partial<Record<Measure, string>> = {
  events: 'count()',
  sessions: `countIf(e.event_name = 'session_start')`,
  reengagements: `countIf(e.event_name = 'reengagement')`,
  unique_devices: 'uniqExact(e.app_id, e.device_id)',
}

/**
 * Production events of the range as `e`, joined to the device's current decision as `d` where the report needs it.
 * Without a decision everything of `d` is empty, and the media source reads as organic.
 */
export function eventRows(
  context: FactContext,
  options: { withDecision: boolean; columns: readonly string[]; where?: readonly string[] },
): string {
  const { query } = context
  const columns = ['app_id', 'device_id', 'event_time', ...OWN, ...options.columns]
  const where = [`environment = 'production'`, inRange(context, 'event_time'), ...(options.where ?? [])]
  const events = `${query.table('events', columns, where)} as e`
  if (!options.withDecision) return events
  const decisions = currentDecisions(query, ['outcome', ...SOURCE_DIMENSIONS])
  return `${events} left join ${decisions} as d on d.app_id = e.app_id and d.device_id = e.device_id`
}

/** How an event breaks down: its own columns, and the source of its device's install. */
export function eventBreakdown(context: FactContext) {
  const source: DimensionExpressions = {
    ...columnDimensions(SOURCE_DIMENSIONS, 'd.'),
    media_source: { group: `if(d.media_source = '', 'organic', d.media_source)` },
  }
  return breakdown(context, { ...timeDimensions(context, 'e.event_time'), ...columnDimensions(OWN, 'e.'), ...source })
}

/** Whether the report's dimensions or filters ask for the source of the device's install. */
export function needsDecision(context: FactContext): boolean {
  return uses(context, SOURCE_DIMENSIONS)
}

/** Events, sessions and devices by event time. */
export const events: Fact = {
  dimensions: EVENT_DIMENSIONS,
  build(context) {
    const by = eventBreakdown(context)
    const figures = [...context.measures].map((measure) => `${FIGURES[measure]} as m_${measure}`)
    const rows = eventRows(context, { withDecision: needsDecision(context), columns: [] })
    return `select ${[...by.select, ...figures].join(', ')} from ${rows}${whereClause(by.where)}${by.groupBy}`
  },
}
