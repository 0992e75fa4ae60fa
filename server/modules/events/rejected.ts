import { z } from 'zod'
import { decodeCursor, encodeCursor } from '#server/platform/cursor.ts'
import { type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import type { RejectedInput } from './schema.ts'

const rowSchema = z.object({
  rejected_id: z.string(),
  received_at: z.string(),
  kind: z.string(),
  code: z.string(),
  field: z.string(),
  message: z.string(),
  raw: z.string(),
})

/** The last row that was shown. */
const cursorSchema = z.tuple([z.iso.datetime(), z.string().max(200)])

/** What was refused, with the reason. `raw` is what was sent. */
export interface RejectedRow {
  rejectedId: string
  receivedAt: string
  kind: string
  code: string
  field: string
  message: string
  raw: string
}

/**
 * Refused events and touchpoints, newest first.
 * @param timezone zone of `from` and `to`
 * @returns a page, the cursor of the next one, and how many fit the filters in all
 * @throws AppError invalid for a foreign cursor
 */
export async function rejectedEvents(
  scope: TenantScope,
  timezone: string,
  input: RejectedInput,
  origin: QueryOrigin,
): Promise<{ rows: RejectedRow[]; nextCursor: string | null; total: number }> {
  const after = input.cursor ? decodeCursor(input.cursor, cursorSchema) : undefined
  const filtered = (query: TenantQuery) => {
    const zone = query.bind('String', timezone)
    const midnight = (day: string) => `toDateTime64(concat(${query.bind('String', day)}, ' 00:00:00'), 3, ${zone})`
    return [
      ...(input.from ? [`received_at >= ${midnight(input.from)}`] : []),
      ...(input.to ? [`received_at < ${midnight(input.to)}`] : []),
      ...(input.code ? [`code = ${query.bind('String', input.code)}`] : []),
      ...(input.kind ? [`kind = ${query.bind('String', input.kind)}`] : []),
    ]
  }
  const list = new TenantQuery(scope)
  const where = filtered(list)
  if (after) {
    const time = `fromUnixTimestamp64Milli(${list.bind('Int64', Date.parse(after[0]))})`
    where.push(`(received_at, rejected_id) < (${time}, ${list.bind('String', after[1])})`)
  }
  const columns = Object.keys(rowSchema.shape)
  const sql = `select * from ${list.table('rejected_events', columns, where)} order by received_at desc, rejected_id desc limit ${list.bind('UInt32', input.limit + 1)}`
  const count = new TenantQuery(scope)
  const countSql = `select count() as total from ${count.table('rejected_events', ['received_at'], filtered(count))}`
  const [found, totals] = await Promise.all([
    list.rows(sql, rowSchema, origin),
    count.rows(countSql, z.object({ total: z.number() }), origin),
  ])
  const shown = found.slice(0, input.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ rejected_id: rejectedId, received_at: receivedAt, ...rest }) => ({
      rejectedId,
      receivedAt,
      ...rest,
    })),
    nextCursor: found.length > input.limit && last ? encodeCursor([last.received_at, last.rejected_id]) : null,
    total: totals[0]?.total ?? 0,
  }
}
