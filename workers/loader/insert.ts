import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseError, drainStream } from '@clickhouse/client'
import { z } from 'zod'
import { type FrameKind, PACKED, packed } from '#server/eventlog/index.ts'
import type { Logger } from '#server/platform/logger.ts'
import { BODY_FILE_HEADER } from '#server/stores/clickhouse/handover.ts'
import { WHOLE_INSERT } from '#server/stores/clickhouse/insert-settings.ts'
import { retry } from '../runtime/index.ts'
import { compareRollup } from './compare-rollup.ts'
import type { Handover } from './handover.ts'
import { idBlock, idInsert, type LogRange, sqlText } from './known.ts'
import type { LoaderMetrics } from './metrics.ts'
import { bodyOf, filterRows, hashHex, type RowSet, sliceRows, tokenOf } from './rows.ts'
import { TABLES } from './tables.ts'

/** What inserting needs. */
export interface InsertDeps {
  clickhouse: ClickHouseClient
  logger: Logger
  metrics: LoaderMetrics
  handover: Handover
  signal: AbortSignal
}

/** A row that the engine refuses on its own, with the engine's words. */
export interface PoisonRow {
  /** Index in the set that was loaded. */
  row: number
  message: string
}

/**
 * What is known of earlier tries of the same rows.
 * `fresh`: there was none. `repeat`: one under the same token may have arrived, wholly or in part. `look`: one under an
 * unknown token may have arrived, so that only what is not there may be inserted.
 */
export type Attempt = 'fresh' | 'repeat' | 'look'

/**
 * ClickHouse's error numbers that blame the data (src/Common/ErrorCodes.cpp): cannot parse text, escape, quoted string,
 * expected input, date, date-time, number, UUID, bool, IPv4, IPv6; end or lack of data; type mismatch; out of bound or
 * range; cannot convert; incorrect data; string too large; null in an ordinary column; decimal overflow; constraint; and
 * what {@link rowInsert} throws itself.
 */
const DATA_ERRORS = new Set(
  [6, 25, 26, 27, 32, 33, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 376, 395, 407, 467, 469, 675, 676].map(String),
)

/** Whether the engine blames the rows: trying them again would not help. */
export function isDataError(error: unknown): error is ClickHouseError {
  return error instanceof ClickHouseError && DATA_ERRORS.has(error.code)
}

/**
 * Loads rows, for as long as it takes: a server that is away or overloaded is tried again for ever, and rows that it
 * refuses are found by halving. The token of an insert is a hash of its rows' ids, so that the server drops a repetition
 * whose first try did arrive (in the rollups too), and never anything else.
 * @returns the refused rows
 * @throws the signal's reason when aborted
 */
export async function loadRows(deps: InsertDeps, set: RowSet, range: LogRange, attempt: Attempt): Promise<PoisonRow[]> {
  if (set.rows === 0) return []
  const poison: PoisonRow[] = []
  if (attempt === 'look') {
    const present = await presentRows(deps, set, range)
    const absent = Array.from({ length: set.rows }, (_, row) => row).filter((row) => !present.has(row))
    const wanted = new Set(absent)
    await compareRollup(deps, set)
    const refused = await loadRows(
      deps,
      filterRows(set, (row) => wanted.has(row)),
      range,
      // The same rows may have been absent before: the store may remember their insert and have lost them.
      'repeat',
    )
    return refused.map(({ row, message }) => ({ row: absent[row] ?? 0, message }))
  }
  let doubt = attempt === 'repeat'
  const loadPart = async (from: number, to: number): Promise<void> => {
    try {
      if (await insertUntilDone(deps, sliceRows(set, from, to), range, '')) doubt = true
    } catch (error) {
      if (!isDataError(error)) throw error
      if (to - from === 1) {
        poison.push({ row: from, message: error.message.slice(0, 500) })
        return
      }
      const middle = Math.floor((from + to) / 2)
      await loadPart(from, middle)
      await loadPart(middle, to)
    }
  }
  await loadPart(0, set.rows)
  if (doubt) await completeRows(deps, set, new Set(poison.map(({ row }) => row)), range)
  return poison
}

/**
 * What the engine is told about an insert of packed rows; log_id is the same for all of them, so it is not sent.
 * A row whose texts claim more bytes than it has would be read into the ones behind it, and these be lost: the engine then
 * finds a position where none stands, and refuses.
 */
function rowInsert(set: RowSet, { logId, from, next }: LogRange): string {
  const { table } = TABLES[set.kind]
  if (set.encoding !== PACKED) return `insert into ${table} format JSONEachRow`
  return `insert into ${table} (${packed.PACKED_EVENT_NAMES}, log_id)
    select * replace (log_position + throwIf(log_position < ${from} or log_position >= ${next},
      'A row ends elsewhere than where the next one begins.') as log_position), ${sqlText(logId)} from input('${packed.PACKED_EVENT_STRUCTURE}') format RowBinary`
}

/**
 * Inserts as one block.
 * @returns whether an earlier try's outcome stayed unknown
 * @throws ClickHouseError that blames the data
 */
async function insertUntilDone(deps: InsertDeps, set: RowSet, range: LogRange, suffix: string): Promise<boolean> {
  const query = rowInsert(set, range)
  const token = `${tokenOf(set)}${range.tokenSuffix ?? ''}${suffix}`
  return insertBytes(deps, TABLES[set.kind].table, query, () => bodyOf(set), set.rows, token)
}

async function insertBytes(
  deps: InsertDeps,
  table: string,
  query: string,
  body: () => Buffer[],
  rows: number,
  token: string,
): Promise<boolean> {
  const { logger, metrics, signal } = deps
  let unknown = false
  await retry(
    async () => {
      const timer = metrics.insertSeconds.startTimer({ table })
      await sendInsert(deps, query, body(), token)
      timer()
    },
    {
      signal,
      maxMs: 3_000,
      isTransient: (error) => !isDataError(error),
      onRetry: (error, attempt, waitMs) => {
        unknown = true
        metrics.insertRetries.inc({ table })
        logger.warn({ err: error, table, rows, attempt, waitMs }, 'an insert failed and will be repeated')
      },
    },
  )
  return unknown
}

/** ClickHouse's numbers for a file that it does not find, or cannot open. */
const FILE_ERRORS = new Set(['76', '107'])

/** One try: the body goes as a file where the engine takes one. */
async function sendInsert(deps: InsertDeps, query: string, body: Buffer[], token: string): Promise<void> {
  const { clickhouse, handover, signal } = deps
  const file = await handover.put(body)
  try {
    const { stream, response_headers: headers } = await clickhouse.exec({
      query,
      abort_signal: signal,
      clickhouse_settings: {
        ...WHOLE_INSERT,
        insert_deduplication_token: token,
        input_format_skip_unknown_fields: 1,
        // No column has a default expression (a test holds that): an absent field is the type's own default either way,
        // and keeping track of which were absent costs a fifth of the insert.
        input_format_defaults_for_omitted_fields: 0,
        // Cutting a body into pieces for several threads costs more than it saves where collector and engine share cores.
        input_format_parallel_parsing: 0,
        date_time_input_format: 'best_effort',
      },
      ...(file ? { http_headers: { [BODY_FILE_HEADER]: file.name } } : { values: Readable.from(body) }),
    })
    await drainStream(stream)
    handover.learn(headers)
  } catch (error) {
    if (file && error instanceof ClickHouseError && FILE_ERRORS.has(error.code)) handover.refuse(error)
    throw error
  } finally {
    await file?.drop()
  }
}

/**
 * Records the ids of loaded rows in `event_ids`. Called after the rows are there, so that an id in it is always a row.
 * @param sets the rows of a whole batch
 * @param newestDay the latest day of known ids, as days since 1970
 * @throws the signal's reason when aborted
 */
export async function loadIds(
  deps: InsertDeps,
  sets: readonly RowSet[],
  range: LogRange,
  attempt: Attempt,
  newestDay: number,
): Promise<void> {
  for (const set of sets) if (set.rows > 0) await loadIdsOfKind(deps, set, range, attempt, newestDay)
}

async function loadIdsOfKind(
  deps: InsertDeps,
  set: RowSet,
  range: LogRange,
  attempt: Attempt,
  newestDay: number,
): Promise<void> {
  let rest = set
  for (let suffix = '', look = attempt !== 'fresh'; ; look = true, suffix = `:${Date.now()}`) {
    if (look) rest = await absentIds(deps, rest, range)
    if (rest.rows === 0) return
    const token = `ids:${tokenOf(rest)}${range.tokenSuffix ?? ''}${suffix}`
    const query = idInsert(range.logId, set.kind)
    const doubt = await insertBytes(deps, 'event_ids', query, () => idBlock(rest, newestDay), rest.rows, token)
    if (!doubt) return
  }
}

async function absentIds(deps: InsertDeps, set: RowSet, range: LogRange): Promise<RowSet> {
  const present = await lookUntilDone(deps, {
    query: `select lower(hex(hash)) as id from event_ids
      where kind = {kind: String} and log_id = {logId: String} and log_position between {from: UInt64} and {to: UInt64}`,
    range,
    kind: set.kind,
  })
  return filterRows(set, (row) => !present.has(hashHex(set, row)))
}

/**
 * Makes sure that every row is there. An engine that is killed may remember a token whose rows it lost; such rows are
 * inserted once more under another token. A cluster's replica may lag, so absence is believed only when it lasts.
 */
async function completeRows(deps: InsertDeps, set: RowSet, except: Set<number>, range: LogRange): Promise<void> {
  let missing = new Set<number>()
  for (let look = 0; look < 3; look += 1) {
    if (look > 0) await sleep(300, undefined, { signal: deps.signal })
    const present = await presentRows(deps, set, range)
    missing = new Set()
    for (let row = 0; row < set.rows; row += 1) if (!except.has(row) && !present.has(row)) missing.add(row)
    if (missing.size === 0) return
  }
  deps.logger.warn({ kind: set.kind, rows: missing.size }, 'rows of a repeated insert were missing, inserting them')
  const rest = filterRows(set, (row) => missing.has(row))
  await compareRollup(deps, rest)
  await insertUntilDone(deps, rest, range, `:${Date.now()}`)
}

/** Which of the rows the table has in a stretch of the log. */
async function presentRows(deps: InsertDeps, set: RowSet, range: LogRange): Promise<Set<number>> {
  const { table, id } = TABLES[set.kind]
  const hashes = await lookUntilDone(deps, {
    query: `select lower(hex(MD5(concat(app_id, '\\n', ${id})))) as id from ${table}
      where log_id = {logId: String} and log_position between {from: UInt64} and {to: UInt64}`,
    range,
    kind: set.kind,
  })
  const present = new Set<number>()
  for (let row = 0; row < set.rows; row += 1) if (hashes.has(hashHex(set, row))) present.add(row)
  return present
}

const presentSchema = z.array(z.object({ id: z.string().length(32) }))

/** The ids that a query finds in a stretch of a log, as hex digits of their hashes. */
async function lookUntilDone(
  deps: InsertDeps,
  { query, range, kind }: { query: string; range: LogRange; kind: FrameKind },
): Promise<Set<string>> {
  return retry(
    async () => {
      const result = await deps.clickhouse.query({
        query,
        query_params: { logId: range.logId, from: String(range.from), to: String(range.next - 1n), kind },
        format: 'JSONEachRow',
        abort_signal: deps.signal,
      })
      return new Set(presentSchema.parse(await result.json()).map(({ id }) => id))
    },
    {
      signal: deps.signal,
      maxMs: 3_000,
      onRetry: (error) => deps.logger.warn({ err: error }, 'looking for loaded rows failed and will be repeated'),
    },
  )
}
