import { addAbortSignal } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { FRAME_KINDS } from '#server/eventlog/index.ts'
import { KIND_MARKS } from './batch.ts'
import type { SeenIds } from './seen.ts'

/** Bytes of one row of the stream: kind (1) and hash (16). */
const ROW = 17
/** Ids between two looks at whether the filters want to grow. */
const TIDY_EVERY = 500_000

const countSchema = z.tuple([z.object({ rows: z.number(), newest: z.number(), today: z.number() })])

/** Whose ids are read: every log's, those of one partition, or those of logs that have no partitions. */
export type IdScope = { all: true } | { logId: string } | { unpartitioned: true }

/** Logs whose rows are spread over partitions by device; a repeated row comes to the same one again. */
export function isPartitioned(logId: string): boolean {
  return logId.startsWith('kafka:')
}

/**
 * Remembers the ids that were loaded within the last days.
 * @param windowDays counted back from the newest loaded id, or from ClickHouse's today if that is earlier: clocks jump
 * @param signal ends the reading
 * @returns how many ids were read
 * @throws ClickHouse's error; what was remembered until then does no harm
 */
export async function rememberLoaded(
  clickhouse: ClickHouseClient,
  seen: SeenIds,
  scope: IdScope,
  windowDays: number,
  signal: AbortSignal,
): Promise<number> {
  const condition =
    'all' in scope ? '1' : 'logId' in scope ? 'log_id = {logId: String}' : `not startsWith(log_id, 'kafka:')`
  const params = 'logId' in scope ? { logId: scope.logId } : {}
  const result = await clickhouse.query({
    query: `select toFloat64(count()) as rows, toUInt32(max(day)) as newest, toUInt32(toDate(now('UTC'))) as today
      from event_ids where ${condition}`,
    query_params: params,
    abort_signal: signal,
    format: 'JSONEachRow',
  })
  const [{ rows, newest, today }] = countSchema.parse(await result.json())
  if (rows === 0) return 0
  seen.newestDay = Math.max(seen.newestDay, newest)
  seen.tidy(rows)
  const since = Math.max(0, Math.min(newest, today) - windowDays)
  const kinds = FRAME_KINDS.map((kind) => `'${kind}'`).join(', ')
  const { stream } = await clickhouse.exec({
    query: `select toUInt8(indexOf([${kinds}], kind)), hash from event_ids where ${condition} and day >= toDate(${since})
      format RowBinary`,
    query_params: params,
    abort_signal: signal,
  })
  addAbortSignal(signal, stream)
  const marks = FRAME_KINDS.map((kind) => KIND_MARKS[kind])
  let rest: Buffer = Buffer.alloc(0)
  let read = 0
  let untilTidy = TIDY_EVERY
  for await (const piece of stream) {
    const chunk: Buffer = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let at = 0
    for (; at + ROW <= chunk.length; at += ROW) {
      const mark = marks[(chunk[at] ?? 1) - 1] ?? 0
      seen.remember(
        view.getInt32(at + 1, true),
        view.getInt32(at + 5, true),
        view.getInt32(at + 9, true) ^ mark,
        view.getInt32(at + 13, true),
      )
      read += 1
    }
    rest = Buffer.from(chunk.subarray(at))
    if (read >= untilTidy) {
      seen.tidy()
      untilTidy = read + TIDY_EVERY
    }
  }
  if (rest.length > 0) throw new Error('The stream of loaded ids ended within a row.')
  return read
}
