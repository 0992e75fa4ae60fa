import { currentDecisions, deviceKey } from '../decisions.ts'
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
import { rolledRows, rolledUp } from './rollup.ts'

const COLUMNS = [
  'country',
  'platform',
  'os_version',
  'app_version',
  'event_name',
] as const satisfies readonly Dimension[]
const OWN: readonly Dimension[] = ['date', 'hour', ...COLUMNS]
const SOURCE: readonly Dimension[] = SOURCE_DIMENSIONS

export const EVENT_DIMENSIONS: ReadonlySet<Dimension> = new Set<Dimension>([...OWN, ...SOURCE])

/** What a group of one device's events is made of. */
interface EventGroups {
  /** Further columns to group by, such as the currency. */
  keys?: readonly string[]
  /** Aggregates over the events of a group. */
  figures: readonly string[]
  /** Columns of the events table that keys and figures read. */
  columns?: readonly string[]
  where?: readonly string[]
  /** Whether the current decision's outcome is wanted as `outcome`. */
  withOutcome?: boolean
}

/** The report narrowed to some of its dimensions. */
function only(context: FactContext, dimensions: readonly Dimension[]): FactContext {
  const { request } = context
  return {
    ...context,
    request: {
      ...request,
      dimensions: request.dimensions.filter((name) => dimensions.includes(name)),
      filters: request.filters.filter((filter) => dimensions.includes(filter.dimension)),
    },
  }
}

/**
 * Production events of the range, first summed up by device and the events' own dimensions, then joined to the device's
 * current decision where the report needs its source: joining devices instead of events is several times cheaper.
 * A row of the result is one device in one group. Without a decision the media source reads as organic.
 * @returns a subquery with the report's `d_…`, the device, the keys and the figures; and its dimension columns
 */
export function deviceGroups(context: FactContext, groups: EventGroups): { rows: string; names: string[] } {
  const { query, request } = context
  const { keys = [], figures, columns = [], where = [], withOutcome = false } = groups
  const own = breakdown(only(context, OWN), {
    ...timeDimensions(context, 'event_time'),
    ...columnDimensions(COLUMNS),
  })
  const device = deviceKey(query)
  const table = query.table(
    'events',
    ['app_id', 'device_id', 'event_time', ...new Set([...COLUMNS, ...columns])],
    [`environment = 'production'`, inRange(context, 'event_time'), ...where],
  )
  const aliases = keys.map((key) => key.split(' as ').at(-1) ?? key)
  const grouped = `(select ${[...own.select, ...device, ...keys, ...figures].join(', ')} from ${table}${whereClause(own.where)} group by ${[...own.names, ...device, ...aliases].join(', ')})`
  const names = request.dimensions.map((dimension) => `d_${dimension}`)
  if (!withOutcome && !uses(context, SOURCE)) return { rows: grouped, names }

  const expressions: DimensionExpressions = {
    ...columnDimensions(SOURCE_DIMENSIONS, 's.'),
    media_source: { group: `if(s.media_source = '', 'organic', s.media_source)` },
  }
  const source = breakdown(only(context, SOURCE), expressions)
  const touched = SOURCE_DIMENSIONS.filter((name) => uses(context, [name]))
  const decisions = currentDecisions(query, ['outcome', ...touched])
  const on = device.map((column) => `s.${column} = e.${column}`).join(' and ')
  const select = ['e.*', ...source.select, ...(withOutcome ? ['s.outcome as outcome'] : [])]
  return {
    rows: `(select ${select.join(', ')} from ${grouped} as e left join ${decisions} as s on ${on}${whereClause(source.where)})`,
    names,
  }
}

/** A figure over events, over one device's group of them, and over rows of the rollup (null: it does not know). */
interface Figure {
  event: string
  group: string
  rolled: string | null
}

const FIGURES: Partial<Record<Measure, Figure>> = {
  events: { event: 'count()', group: 'sum(n_events)', rolled: 'sum(events)' },
  sessions: {
    event: `countIf(event_name = 'session_start')`,
    group: 'sum(n_sessions)',
    rolled: `sumIf(events, event_name = 'session_start')`,
  },
  // A device has exactly one row in each group, so counting rows counts devices, exactly.
  unique_devices: { event: '1', group: 'count()', rolled: null },
}

/** Events, sessions and devices by event time. */
export const events: Fact = {
  dimensions: EVENT_DIMENSIONS,
  build(context) {
    const measures = [...context.measures].flatMap((name) => {
      const figure = FIGURES[name]
      return figure ? [{ name, ...figure }] : []
    })
    const rolled = measures.flatMap(({ name, rolled: figure }) => (figure === null ? [] : [`${figure} as m_${name}`]))
    if (rolled.length === measures.length && rolledUp(context)) return eventsRolledUp(context, rolled)
    if (!context.measures.has('unique_devices') && !uses(context, SOURCE)) return eventsAlone(context, measures)
    const { rows, names } = deviceGroups(context, {
      figures: measures.filter(({ event }) => event !== '1').map(({ name, event }) => `${event} as n_${name}`),
    })
    const select = [...names, ...measures.map(({ name, group }) => `${group} as m_${name}`)]
    return `select ${select.join(', ')} from ${rows}${names.length === 0 ? '' : ` group by ${names.join(', ')}`}`
  },
}

/** Where the rollup has every dimension of the question, its rows are some thousandths of the events. */
function eventsRolledUp(context: FactContext, figures: readonly string[]): string {
  const { table, select, where, groupBy } = rolledRows(context)
  return `select ${[...select, ...figures].join(', ')} from ${table}${whereClause(where)}${groupBy} having sum(events) > 0`
}

/** Without devices or sources in the question one pass over the events is enough. */
function eventsAlone(context: FactContext, measures: readonly { name: Measure; event: string }[]): string {
  const by = breakdown(context, { ...timeDimensions(context, 'event_time'), ...columnDimensions(COLUMNS) })
  const table = context.query.table(
    'events',
    ['event_time', ...COLUMNS],
    [`environment = 'production'`, inRange(context, 'event_time')],
  )
  const figures = measures.map(({ name, event }) => `${event} as m_${name}`)
  return `select ${[...by.select, ...figures].join(', ')} from ${table}${whereClause(by.where)}${by.groupBy}`
}
