import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { FRAME_KINDS, type FrameKind } from '#server/eventlog/index.ts'
import type { BatchPart } from './batch.ts'
import { hashHex, type RowSet } from './rows.ts'

/** Hashes in one question: a query text of about 700 KB. */
const CHUNK = 20_000

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

/** Bytes of one id as it is sent: kind, hash, day, position. */
const ID_ROW = 27
const ID_STRUCTURE = 'kind UInt8, hash FixedString(16), day UInt16, position UInt64'

/** The insert of ids of one log, to go with {@link idRows}. */
export function idInsert(logId: string): string {
  const kinds = FRAME_KINDS.map((kind) => `'${kind}'`).join(', ')
  return `insert into event_ids (log_id, kind, hash, day, log_position)
    select ${sqlText(logId)}, [${kinds}][kind + 1], hash, toDate(day), position from input('${ID_STRUCTURE}') format RowBinary`
}

/** The ids of rows in the engine's RowBinary. */
export function idRows(sets: readonly RowSet[]): Buffer {
  const rows = sets.reduce((sum, set) => sum + set.rows, 0)
  const bytes = Buffer.allocUnsafeSlow(rows * ID_ROW)
  let at = 0
  for (const set of sets) {
    const kind = FRAME_KINDS.indexOf(set.kind)
    for (let row = 0; row < set.rows; row += 1) {
      const source = set.sources[set.source[row] ?? 0]
      bytes[at] = kind
      for (let word = 0; word < 4; word += 1) bytes.writeUInt32LE(set.hashes[row * 4 + word] ?? 0, at + 1 + word * 4)
      bytes.writeUInt16LE(source?.day ?? 0, at + 17)
      bytes.writeBigUInt64LE(source?.position ?? 0n, at + 19)
      at += ID_ROW
    }
  }
  return bytes
}

/** A text as a literal of ClickHouse's SQL. */
export function sqlText(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
}
