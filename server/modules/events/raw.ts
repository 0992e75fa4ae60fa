import { z } from 'zod'
import { type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'

/** Where the row lies in our stores is nobody's business but ours. */
const INTERNAL = ['org_id', 'app_id', 'log_id', 'log_position']

const fieldSchema = z.union([z.string(), z.number(), z.boolean(), z.null()])
export type RawField = z.output<typeof fieldSchema>

/** An event with every field it was stored with, under the contract's names; `properties` and `consent` as they came. */
export interface RawEvent {
  fields: Record<string, RawField>
  /** The JSON text, so that numbers past 2^53 keep their digits. */
  properties: string
  /** The JSON text, or empty. */
  consent: string
}

/**
 * One event in full.
 * @param hints name and time from a list's row; they turn a scan into a look-up
 * @returns null when the app has no such event
 */
export async function rawEvent(
  scope: TenantScope,
  eventId: string,
  hints: { eventName?: string | undefined; eventTime?: string | undefined },
  origin: QueryOrigin,
): Promise<RawEvent | null> {
  const query = new TenantQuery(scope)
  const where = [
    `event_id = ${query.bind('String', eventId)}`,
    ...(hints.eventName ? [`event_name = ${query.bind('String', hints.eventName)}`] : []),
    ...(hints.eventTime
      ? [`event_time = fromUnixTimestamp64Milli(${query.bind('Int64', Date.parse(hints.eventTime))})`]
      : []),
  ]
  const sql = `select * from ${query.table('events', ['*'], where)} limit 1`
  const [row] = await query.rows(sql, z.record(z.string(), fieldSchema), origin)
  if (!row) return null
  const { properties, consent, ...rest } = row
  return {
    fields: Object.fromEntries(Object.entries(rest).filter(([name]) => !INTERNAL.includes(name))),
    properties: typeof properties === 'string' ? properties : '',
    consent: typeof consent === 'string' ? consent : '',
  }
}

/** The names of the app's events, in order of the alphabet. */
export async function eventNames(scope: TenantScope, origin: QueryOrigin): Promise<string[]> {
  const query = new TenantQuery(scope)
  const sql = `select distinct toString(event_name) as name from ${query.table('events', ['event_name'])} order by name limit 1000`
  return (await query.rows(sql, z.object({ name: z.string() }), origin)).map((row) => row.name)
}
