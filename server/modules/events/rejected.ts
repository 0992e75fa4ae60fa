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

const markSchema = z.object({ rejected_id: z.string(), at: z.string(), accepted: z.boolean(), edited: z.boolean() })

/** What was refused, with the reason. `raw` is what was sent. */
export interface RejectedRow {
  rejectedId: string
  receivedAt: string
  kind: string
  code: string
  field: string
  message: string
  raw: string
  /** What became of it when it was sent again last; null: it was not. */
  replay: { at: string; accepted: boolean; edited: boolean } | null
}

/** Condition on rejected_events that keeps what was not taken when it was sent again. */
export function stillOpen(query: TenantQuery): string {
  const taken = query.table('dead_letter_replays', ['rejected_id', 'accepted', 'replayed_at'])
  return `rejected_id not in (select rejected_id from ${taken} group by rejected_id having argMax(accepted, replayed_at))`
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
      ...(input.state === 'open' ? [stillOpen(query)] : []),
      ...(input.state === 'replayed' ? [`not (${stillOpen(query)})`] : []),
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
  const marks = await replayMarks(scope, shown, origin)
  return {
    rows: shown.map(({ rejected_id: rejectedId, received_at: receivedAt, ...rest }) => ({
      rejectedId,
      receivedAt,
      ...rest,
      replay: marks.get(rejectedId) ?? null,
    })),
    nextCursor: found.length > input.limit && last ? encodeCursor([last.received_at, last.rejected_id]) : null,
    total: totals[0]?.total ?? 0,
  }
}

/** What became of letters when they were sent again last, by their id. */
async function replayMarks(
  scope: TenantScope,
  letters: readonly { rejected_id: string }[],
  origin: QueryOrigin,
): Promise<Map<string, RejectedRow['replay']>> {
  if (letters.length === 0) return new Map()
  const query = new TenantQuery(scope)
  const ids = query.bind(
    'Array(String)',
    letters.map(({ rejected_id: id }) => id),
  )
  const source = query.table(
    'dead_letter_replays',
    ['rejected_id', 'replayed_at', 'accepted', 'edited'],
    [`rejected_id in ${ids}`],
  )
  const sql = `select rejected_id, max(replayed_at) as at, argMax(accepted, replayed_at) as accepted, argMax(edited, replayed_at) as edited from ${source} group by rejected_id`
  const found = await query.rows(sql, markSchema, origin)
  return new Map(found.map(({ rejected_id: id, ...mark }) => [id, mark]))
}
