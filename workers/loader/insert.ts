import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseError, drainStream } from '@clickhouse/client'
import { z } from 'zod'
import type { Logger } from '#server/platform/logger.ts'
import { retry } from '../runtime/index.ts'
import { hashHex, type KindBatch, pickRows, sliceRows } from './batch.ts'
import type { LoaderMetrics } from './metrics.ts'
import { TABLES } from './tables.ts'

/** What inserting needs. */
export interface InsertDeps {
  clickhouse: ClickHouseClient
  logger: Logger
  metrics: LoaderMetrics
  signal: AbortSignal
}

/** A row that the engine refuses on its own, with the engine's words. */
export interface PoisonRow {
  /** Index in the batch that was loaded. */
  row: number
  message: string
}

/** Where a batch stands in the log, for checking what arrived. */
export interface LogRange {
  logId: string
  from: bigint
  next: bigint
}

/**
 * ClickHouse's error numbers that blame the data (src/Common/ErrorCodes.cpp): cannot parse text, escape, quoted string,
 * expected input, date, date-time, number, UUID, bool, IPv4, IPv6; end or lack of data; type mismatch; out of bound or
 * range; cannot convert; incorrect data; string too large; null in an ordinary column; decimal overflow; constraint.
 */
const DATA_ERRORS = new Set(
  [6, 25, 26, 27, 32, 33, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 376, 407, 467, 469, 675, 676].map(String),
)

/** Whether the engine blames the rows: trying them again would not help. */
export function isDataError(error: unknown): error is ClickHouseError {
  return error instanceof ClickHouseError && DATA_ERRORS.has(error.code)
}

/**
 * Loads the rows of one kind, for as long as it takes: a server that is away or overloaded is tried again for ever, and
 * rows that it refuses are found by halving. The token of an insert is a hash of its rows' ids, so that the server drops
 * a repetition whose first try did arrive, and never anything else.
 * @param doubtful an earlier try of these rows may have arrived in part: look afterwards whether each row is there
 * @returns the refused rows
 * @throws the signal's reason when aborted
 */
export async function loadRows(
  deps: InsertDeps,
  batch: KindBatch,
  range: LogRange,
  doubtful: boolean,
): Promise<PoisonRow[]> {
  if (batch.rows === 0) return []
  const poison: PoisonRow[] = []
  let doubt = doubtful
  const loadPart = async (from: number, to: number): Promise<void> => {
    try {
      if (await insertUntilDone(deps, sliceRows(batch, from, to), '')) doubt = true
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
  await loadPart(0, batch.rows)
  if (doubt) await completeRows(deps, batch, new Set(poison.map(({ row }) => row)), range)
  return poison
}

/**
 * Inserts as one block.
 * @returns whether an earlier try's outcome stayed unknown
 * @throws ClickHouseError that blames the data
 */
async function insertUntilDone(deps: InsertDeps, part: KindBatch, tokenSuffix: string): Promise<boolean> {
  const { clickhouse, logger, metrics, signal } = deps
  const { table } = TABLES[part.kind]
  const token = createHash('sha256').update(part.hashes).digest('hex') + tokenSuffix
  let unknown = false
  await retry(
    async () => {
      const timer = metrics.insertSeconds.startTimer({ kind: part.kind })
      const { stream } = await clickhouse.exec({
        query: `insert into ${table} format JSONEachRow`,
        values: Readable.from(part.body),
        abort_signal: signal,
        clickhouse_settings: {
          async_insert: 0,
          insert_deduplicate: 1,
          insert_deduplication_token: token,
          max_insert_block_size: '1048576',
          min_insert_block_size_rows: '1048576',
          min_insert_block_size_bytes: '1073741824',
          input_format_skip_unknown_fields: 1,
          // No column has a default expression (a test holds that): an absent field is the type's own default either way,
          // and keeping track of which were absent costs a fifth of the insert.
          input_format_defaults_for_omitted_fields: 0,
          // Cutting a body into pieces for several threads costs more than it saves where collector and engine share cores.
          input_format_parallel_parsing: 0,
          date_time_input_format: 'best_effort',
          wait_end_of_query: 1,
        },
      })
      await drainStream(stream)
      timer()
    },
    {
      signal,
      maxMs: 3_000,
      isTransient: (error) => !isDataError(error),
      onRetry: (error, attempt, waitMs) => {
        unknown = true
        metrics.insertRetries.inc({ kind: part.kind })
        logger.warn({ err: error, table, rows: part.rows, attempt, waitMs }, 'an insert failed and will be repeated')
      },
    },
  )
  return unknown
}

const presentSchema = z.object({ hash: z.string().length(32) })

/**
 * Makes sure that every row is there. An engine that is killed may remember a token whose rows it lost; such rows are
 * inserted once more under another token. A cluster's replica may lag, so absence is believed only when it lasts.
 */
async function completeRows(deps: InsertDeps, batch: KindBatch, except: Set<number>, range: LogRange): Promise<void> {
  let missing: number[] = []
  for (let look = 0; look < 3; look += 1) {
    if (look > 0) await sleep(300, undefined, { signal: deps.signal })
    const present = await presentHashes(deps, batch, range)
    missing = []
    for (let row = 0; row < batch.rows; row += 1) {
      if (!except.has(row) && !present.has(hashHex(batch, row))) missing.push(row)
    }
    if (missing.length === 0) return
  }
  deps.logger.warn({ kind: batch.kind, rows: missing.length }, 'rows of a repeated insert were missing, inserting them')
  await insertUntilDone(deps, pickRows(batch, missing), `:${Date.now()}`)
}

async function presentHashes(deps: InsertDeps, batch: KindBatch, range: LogRange): Promise<Set<string>> {
  const { table, id } = TABLES[batch.kind]
  return retry(
    async () => {
      const result = await deps.clickhouse.query({
        query: `select lower(hex(MD5(concat(app_id, '\\n', ${id})))) as hash from ${table}
          where log_id = {logId: String} and log_position between {from: UInt64} and {to: UInt64}`,
        query_params: { logId: range.logId, from: String(range.from), to: String(range.next - 1n) },
        format: 'JSONEachRow',
        abort_signal: deps.signal,
      })
      return new Set(
        z
          .array(presentSchema)
          .parse(await result.json())
          .map(({ hash }) => hash),
      )
    },
    {
      signal: deps.signal,
      maxMs: 3_000,
      onRetry: (error) => deps.logger.warn({ err: error }, 'looking for loaded rows failed and will be repeated'),
    },
  )
}
