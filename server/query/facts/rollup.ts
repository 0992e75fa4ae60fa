import type { Dimension } from '../dimensions.ts'
import { breakdown, columnDimensions, type FactContext, inRange, timeDimensions, uses } from './fact.ts'

const COLUMNS = ['country', 'platform', 'event_name'] as const satisfies readonly Dimension[]
const FINER = [
  'os_version',
  'app_version',
  'media_source',
  'campaign',
  'ad_set',
  'ad',
  'creative',
  'site_id',
  'match_type',
] as const satisfies readonly Exclude<Dimension, 'date' | 'hour' | (typeof COLUMNS)[number]>[]

/** Since then the offset of every time zone is a multiple of a quarter of an hour: Kiritimati's was the last that was not. */
const QUARTERS_SINCE = '1980-01-01'

/**
 * Whether the rollup by quarters of an hour (`events_15m`) has what the report asks of events. It knows no devices, and so
 * neither their sources nor a scope that is restricted to some of them.
 */
export function rolledUp(context: FactContext): boolean {
  const { query, request } = context
  return query.scope.mediaSources === null && request.from >= QUARTERS_SINCE && !uses(context, FINER)
}

/**
 * The rollup's rows of production events in the range, and how they break down. A row stands for `events` events, of which
 * `paid_events` carry an amount; a correction is a row too, so a group may add up to no events and is then to be left out.
 */
export function rolledRows(context: FactContext) {
  const table = context.query.table(
    'events_15m',
    ['bucket', ...COLUMNS, 'currency', 'events', 'paid_events', 'revenue'],
    [`environment = 'production'`, inRange(context, 'bucket')],
  )
  return {
    table,
    ...breakdown(context, { ...timeDimensions(context, 'bucket'), ...columnDimensions(COLUMNS) }),
  }
}
