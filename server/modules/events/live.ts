import { z } from 'zod'
import { type Clock, systemClock } from '#server/platform/clock.ts'
import { decodeCursor, encodeCursor } from '#server/platform/cursor.ts'
import { type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import type { LiveInput } from './schema.ts'

const HOUR_MS = 3_600_000
/** Looked through one after the other until there are enough rows: most apps have news in the first. */
const WINDOWS_MS = [HOUR_MS, 24 * HOUR_MS, 30 * 24 * HOUR_MS, Number.POSITIVE_INFINITY]

const COLUMNS = [
  'event_id',
  'event_name',
  'event_time',
  'received_at',
  'device_id',
  'platform',
  'country',
  'revenue',
  'currency',
  'environment',
  'is_late',
  'log_id',
  'log_position',
] as const

const rowSchema = z.object({
  event_id: z.string(),
  event_name: z.string(),
  event_time: z.string(),
  received_at: z.string(),
  device_id: z.string(),
  platform: z.string(),
  country: z.string(),
  revenue: z.number().nullable(),
  currency: z.string(),
  environment: z.string(),
  is_late: z.boolean(),
  log_id: z.string(),
  log_position: z.number(),
})

/** How far each log had been seen. Positions only grow, unlike arrival times, of which two requests can swap. */
const cursorSchema = z.record(z.string().max(100), z.number().nonnegative())
type Seen = z.output<typeof cursorSchema>

/** One event as the live list shows it. Times are RFC 3339 in UTC. */
export interface LiveEvent {
  eventId: string
  eventName: string
  eventTime: string
  receivedAt: string
  deviceId: string
  platform: string
  country: string
  revenue: number | null
  currency: string
  environment: string
  isLate: boolean
}

function conditions(query: TenantQuery, { filters }: LiveInput): string[] {
  const { eventName, platform, country, environment, search } = filters
  const text = search ? query.bind('String', search) : ''
  return [
    ...(eventName ? [`event_name = ${query.bind('String', eventName)}`] : []),
    ...(platform ? [`platform = ${query.bind('String', platform)}`] : []),
    ...(country ? [`country = ${query.bind('String', country.toUpperCase())}`] : []),
    ...(environment ? [`environment = ${query.bind('String', environment)}`] : []),
    ...(search
      ? [
          ['device_id', 'event_id', 'event_name', 'customer_user_id']
            .map((column) => `positionCaseInsensitiveUTF8(${column}, ${text}) > 0`)
            .join(' or '),
        ]
      : []),
  ]
}

function afterSeen(query: TenantQuery, seen: Seen): string {
  const logs = Object.keys(seen)
  const later = logs.map(
    (log) => `(log_id = ${query.bind('String', log)} and log_position > ${query.bind('UInt64', seen[log] ?? 0)})`,
  )
  return [...later, `log_id not in ${query.bind('Array(String)', logs)}`].join(' or ')
}

/**
 * The newest events, last arrival first.
 * @returns rows, and a cursor that asks for what was loaded since; a row may come twice, so merge by `eventId`
 * @throws AppError invalid for a foreign cursor
 */
export async function liveEvents(
  scope: TenantScope,
  input: LiveInput,
  origin: QueryOrigin,
  clock: Clock = systemClock,
): Promise<{ rows: LiveEvent[]; cursor: string }> {
  const seen = input.after === undefined ? undefined : decodeCursor(input.after, cursorSchema)
  const find = (window: number) => {
    const query = new TenantQuery(scope)
    const where = conditions(query, input)
    if (seen) where.push(afterSeen(query, seen))
    else if (Number.isFinite(window)) {
      const since = query.bind('Int64', Math.floor(clock.now() - window))
      where.push(`received_at >= fromUnixTimestamp64Milli(${since})`)
    }
    const limit = query.bind('UInt32', input.limit)
    const sql = `select * from ${query.table('events', COLUMNS, where)} order by received_at desc, log_position desc, event_id desc limit ${limit}`
    return query.rows(sql, rowSchema, origin)
  }
  // Asked for before the rows: what is loaded in between comes twice rather than never.
  const reached: Seen = seen ? { ...seen } : await loadedSoFar(scope, origin)
  let rows: z.output<typeof rowSchema>[] = []
  for (const window of seen ? [0] : WINDOWS_MS) {
    rows = await find(window)
    if (rows.length >= input.limit) break
  }
  for (const row of rows) reached[row.log_id] = Math.max(reached[row.log_id] ?? 0, row.log_position)
  return { rows: rows.map(liveEvent), cursor: encodeCursor(reached) }
}

/** How far each log has been loaded for the scope, so that later answers need not look at older rows again. */
async function loadedSoFar(scope: TenantScope, origin: QueryOrigin): Promise<Seen> {
  const query = new TenantQuery(scope)
  const sql = `select log_id, max(log_position) as position from ${query.table('events', ['log_id', 'log_position'])} group by log_id`
  const rows = await query.rows(sql, z.object({ log_id: z.string(), position: z.number() }), origin)
  return Object.fromEntries(rows.map((row) => [row.log_id, row.position]))
}

/** The event that arrived last, or null while there is none. */
export async function newestEvent(
  scope: TenantScope,
  origin: QueryOrigin,
  clock: Clock = systemClock,
): Promise<LiveEvent | null> {
  const { rows } = await liveEvents(scope, { limit: 1, filters: {} }, origin, clock)
  return rows[0] ?? null
}

function liveEvent(row: z.output<typeof rowSchema>): LiveEvent {
  return {
    eventId: row.event_id,
    eventName: row.event_name,
    eventTime: row.event_time,
    receivedAt: row.received_at,
    deviceId: row.device_id,
    platform: row.platform,
    country: row.country,
    revenue: row.revenue,
    currency: row.currency,
    environment: row.environment,
    isLate: row.is_late,
  }
}
