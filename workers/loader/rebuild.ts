import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { FrameKind } from '#server/eventlog/index.ts'
import type { Seen } from './batch.ts'
import { type Forgetting, HashSet128 } from './hash-set.ts'
import { TABLES } from './tables.ts'

/** Bytes of one row of the stream: MD5 (16) and the day of arrival (2, little-endian). */
const ROW = 18

const daySchema = z.object({ day: z.number().int(), rows: z.number().int() })

/**
 * Fills the sets of seen hashes from what is loaded: the last `windowDays` days of arrival, and more days before them
 * while there are fewer than `keepAtLeast` rows of the kind.
 * @throws ClickHouse's error; half-filled sets are thrown away
 */
export async function rebuildSeen(clickhouse: ClickHouseClient, forgetting: Forgetting, now: number): Promise<Seen> {
  const [event, touchpoint, rejected] = await Promise.all(
    (['event', 'touchpoint', 'rejected'] as const).map((kind) => rebuildKind(clickhouse, kind, forgetting, now)),
  )
  if (!event || !touchpoint || !rejected) throw new Error('A kind of row has no set of seen hashes.')
  return { event, touchpoint, rejected }
}

async function rebuildKind(
  clickhouse: ClickHouseClient,
  kind: FrameKind,
  forgetting: Forgetting,
  now: number,
): Promise<HashSet128> {
  const { table, id } = TABLES[kind]
  const { since, rows } = await rememberedDays(clickhouse, table, forgetting, now)
  const set = new HashSet128(Math.ceil(rows * 1.2), forgetting)
  if (rows === 0) return set
  const { stream } = await clickhouse.exec({
    query: `select MD5(concat(app_id, '\\n', ${id})), toUInt16(toDate(received_at, 'UTC')) from ${table}
      where received_at >= toDateTime64(toDate(${since}), 3, 'UTC') format RowBinary`,
  })
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of stream) {
    const chunk: Buffer = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
    let at = 0
    for (; at + ROW <= chunk.length; at += ROW) {
      const [a, b] = [chunk.readUInt32BE(at), chunk.readUInt32BE(at + 4)]
      const [c, d] = [chunk.readUInt32BE(at + 8), chunk.readUInt32BE(at + 12)]
      set.add(a, b, c, d, chunk.readUInt16LE(at + 16))
    }
    rest = Buffer.from(chunk.subarray(at))
  }
  if (rest.length > 0) throw new Error(`The stream of loaded ids of ${table} ended within a row.`)
  return set
}

async function rememberedDays(
  clickhouse: ClickHouseClient,
  table: string,
  forgetting: Forgetting,
  now: number,
): Promise<{ since: number; rows: number }> {
  const result = await clickhouse.query({
    query: `select toUInt16(toDate(received_at, 'UTC')) as day, toUInt32(count()) as rows from ${table} group by day order by day desc`,
    format: 'JSONEachRow',
  })
  const window = Math.floor(now / 86_400_000) - forgetting.windowDays
  let since = window
  let rows = 0
  for (const entry of z.array(daySchema).parse(await result.json())) {
    if (entry.day < window && rows + entry.rows > forgetting.keepAtLeast) break
    since = Math.min(since, entry.day)
    rows += entry.rows
  }
  return { since, rows }
}
