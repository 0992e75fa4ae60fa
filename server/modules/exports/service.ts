import { Readable } from 'node:stream'
import { z } from 'zod'
import { decodeCursor, encodeCursor } from '#server/platform/cursor.ts'
import { type QueryOrigin, streamQuery, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { KINDS } from './kinds.ts'
import type { ExportInput, ExportKind } from './schema.ts'

const FORMATS = {
  csv: { engine: 'CSV', type: 'text/csv; charset=utf-8' },
  ndjson: { engine: 'JSONEachRow', type: 'application/x-ndjson; charset=utf-8' },
  parquet: { engine: 'Parquet', type: 'application/vnd.apache.parquet' },
} as const

/** The last row of a page: its time in Unix milliseconds and its id. */
const cursorSchema = z.tuple([z.number().int(), z.string().max(300)])
type Position = z.output<typeof cursorSchema>

/** Raw data on its way to the caller. */
export interface Export {
  /** Fails when the store fails half way: cut-off data never ends as if it were complete. */
  body: Readable
  contentType: string
  fileName: string
  /** Where the next page begins; absent after the last. */
  nextCursor?: string
}

function conditions(query: TenantQuery, kind: ExportKind, ask: ExportInput & { timezone: string }): string[] {
  const { time } = KINDS[kind]
  const zone = query.bind('String', ask.timezone)
  const midnight = (day: string) => `toDateTime64(concat(${query.bind('String', day)}, ' 00:00:00'), 3, ${zone})`
  const after = ask.cursor ? [place(query, kind, '>', decodeCursor(ask.cursor, cursorSchema))] : []
  return [`${time} >= ${midnight(ask.from)}`, `${time} < ${midnight(ask.to)}`, ...after]
}

function place(query: TenantQuery, kind: ExportKind, sign: '>' | '<=', [time, id]: Position): string {
  const at = `fromUnixTimestamp64Milli(${query.bind('Int64', time)})`
  return `(${KINDS[kind].time}, ${KINDS[kind].id}) ${sign} (${at}, ${query.bind('String', id)})`
}

/** The last row of a page of `limit` rows, or null when everything that is left fits on it. */
async function pageEnd(
  scope: TenantScope,
  kind: ExportKind,
  ask: ExportInput & { timezone: string; limit: number },
  origin: QueryOrigin,
): Promise<Position | null> {
  const query = new TenantQuery(scope)
  const { time, id, rows } = KINDS[kind]
  const source = rows(query, conditions(query, kind, ask))
  const sql = `select toUnixTimestamp64Milli(${time}) as position, ${id} as id from ${source} order by ${time}, ${id} limit 2 offset ${query.bind('UInt32', ask.limit - 1)}`
  const found = await query.rows(sql, z.object({ position: z.number(), id: z.string() }), origin)
  const [end, more] = found
  return end && more ? [end.position, end.id] : null
}

/**
 * Exports one kind of raw data of an app. Without `limit` everything at once, in no order; with it pages in order of time.
 * @param scope narrowed to the app
 * @param appTimezone zone of `from` and `to` unless the input names another
 * @throws AppError invalid for a foreign cursor, unavailable when the store cannot be reached
 */
export async function exportRows(
  scope: TenantScope,
  appTimezone: string,
  kind: ExportKind,
  input: ExportInput,
  origin: QueryOrigin,
): Promise<Export> {
  const ask = { ...input, timezone: input.timezone ?? appTimezone }
  const paged = ask.limit !== undefined || ask.cursor !== undefined
  const end = ask.limit === undefined ? null : await pageEnd(scope, kind, { ...ask, limit: ask.limit }, origin)
  const query = new TenantQuery(scope)
  const { columns, time, id, rows } = KINDS[kind]
  const where = [...conditions(query, kind, ask), ...(end ? [place(query, kind, '<=', end)] : [])]
  const order = paged ? ` order by ${time}, ${id}` : ''
  const sql = `select ${columns.join(', ')} from ${rows(query, where)}${order}`
  const format = FORMATS[ask.format]
  const data = await streamQuery(query, sql, format.engine, origin)
  return {
    body: ask.format === 'csv' ? withHeader(data, columns) : data,
    contentType: format.type,
    fileName: `${kind}_${ask.from}_${ask.to}.${ask.format}`,
    ...(end ? { nextCursor: encodeCursor(end) } : {}),
  }
}

/** CSV's first line comes from here, so that the engine can answer in a format it streams block by block. */
function withHeader(data: Readable, columns: readonly string[]): Readable {
  async function* lines() {
    yield Buffer.from(`${columns.join(',')}\n`)
    yield* data
  }
  return Readable.from(lines(), { objectMode: false })
}
