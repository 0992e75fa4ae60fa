import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { FrameKind } from '#server/eventlog/index.ts'
import type { BatchPart } from './batch.ts'
import { hashBytes, hashHex, type RowSet } from './rows.ts'

/** Hashes in one question: a query text of about 700 KB. */
const CHUNK = 20_000

/** Days for which `event_ids` keeps an id. */
const KEPT_DAYS = 30

const idSchema = z.array(z.object({ id: z.string().length(32) }))

/** A stretch of a log: positions from the first frame's up to before `next`. */
export interface LogRange {
  logId: string
  from: bigint
  next: bigint
  /** Of the inserts' tokens, while the log is replayed. */
  tokenSuffix?: string
}

/**
 * Which of some hashes ClickHouse has among the loaded ids.
 * @param hashes 32 hex digits each
 * @param except ids that were loaded in this stretch do not count: it is being loaded once more
 */
export async function loadedIds(
  clickhouse: ClickHouseClient,
  kind: FrameKind,
  hashes: readonly string[],
  signal: AbortSignal,
  except?: LogRange,
): Promise<Set<string>> {
  const found = new Set<string>()
  for (let from = 0; from < hashes.length; from += CHUNK) {
    const chunk = hashes.slice(from, from + CHUNK)
    // One literal for all of them: parsing many costs more than looking them up.
    const result = await clickhouse.query({
      query: `select distinct lower(hex(hash)) as id from event_ids
        where kind = {kind: String}
          and hash in (select toFixedString(substring(unhex('${chunk.join('')}'), number * 16 + 1, 16), 16) from numbers(${chunk.length}))
          ${except ? 'and not (log_id = {logId: String} and log_position >= {from: UInt64} and log_position < {next: UInt64})' : ''}`,
      query_params: {
        kind,
        ...(except && { logId: except.logId, from: String(except.from), next: String(except.next) }),
      },
      format: 'JSONEachRow',
      abort_signal: signal,
      clickhouse_settings: { max_query_size: '2000000' },
    })
    for (const { id } of idSchema.parse(await result.json())) found.add(id)
  }
  return found
}

/** The rows of a part that `event_ids` says were loaded before. */
export async function repeatedRows(
  clickhouse: ClickHouseClient,
  { set, perhaps }: BatchPart,
  signal: AbortSignal,
  except?: LogRange,
): Promise<Set<number>> {
  if (perhaps.length === 0) return new Set()
  const hashes = perhaps.map((row) => hashHex(set, row))
  const loaded = await loadedIds(clickhouse, set.kind, hashes, signal, except)
  return new Set(perhaps.filter((_, i) => loaded.has(hashes[i] ?? '')))
}

/**
 * What the engine is told about ids of one kind that come in {@link idBlock}s. Their day is the engine's own, whose clock
 * also decides when they are dropped; not earlier than the newest known id's, so that a clock that was put back and is put
 * right again does not make them old at once. But no more than the time ids are kept: such a clock may have been years ahead.
 */
export function idInsert(logId: string, kind: FrameKind): string {
  return `insert into event_ids (log_id, kind, hash, day, log_position)
    select ${sqlText(logId)}, '${kind}', hash,
      greatest(toDate(now('UTC')), least(toDate(day), toDate(now('UTC')) + ${KEPT_DAYS})), position
    from input('hash FixedString(16), day UInt16, position UInt64') format Native`
}

/**
 * The ids of rows as a block in the engine's Native format: column by column, so that hashes go as they stand.
 * Numbers of columns and rows, then of each column its name, its type and its values, little-endian.
 * @param newestDay of the ids that were known before, as days since 1970
 */
export function idBlock(set: RowSet, newestDay: number): Buffer[] {
  const { rows, sources, source } = set
  const days = new Uint16Array(rows).fill(newestDay)
  const positions = new BigUint64Array(rows)
  for (let from = 0; from < rows; ) {
    const frame = source[from] ?? 0
    let to = from + 1
    while (to < rows && source[to] === frame) to += 1
    positions.fill(sources[frame]?.position ?? 0n, from, to)
    from = to
  }
  return [
    Buffer.from([3, ...varUint(rows), ...nativeText('hash'), ...nativeText('FixedString(16)')]),
    hashBytes(set.hashes),
    Buffer.from([...nativeText('day'), ...nativeText('UInt16')]),
    Buffer.from(days.buffer),
    Buffer.from([...nativeText('position'), ...nativeText('UInt64')]),
    Buffer.from(positions.buffer),
  ]
}

function varUint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

function nativeText(text: string): number[] {
  return [...varUint(text.length), ...Buffer.from(text)]
}

/** A text as a literal of ClickHouse's SQL. */
export function sqlText(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
}
