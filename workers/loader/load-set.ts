import { type Batch, KIND_MARKS } from './batch.ts'
import { type Attempt, type InsertDeps, loadRows } from './insert.ts'
import { type LogRange, repeatedRows } from './known.ts'
import { deadLetters, type HomelessRow, rowText } from './poison.ts'
import { repetitionsOf } from './repetitions.ts'
import { filterRows, hashHex, type RowSet } from './rows.ts'
import type { SeenIds } from './seen.ts'

/** What loading the sets of one batch needs. */
export interface LoadContext {
  deps: InsertDeps
  seen: SeenIds
  /** Tries again for as long as the log is ours. */
  persist<T>(what: string, fn: () => Promise<T>): Promise<T>
  batch: Batch
  range: LogRange
  attempt: Attempt
  /** Takes the rows of which no tenant is known. */
  homeless: HomelessRow[]
  /** Hashes of the dead letters that were written for the batch. */
  letters: Set<string>
  /** Whether the store refused any row. */
  refused: boolean
}

/**
 * Loads a set. A row that the store refuses becomes a dead letter, and the rows of the batch that were left out as its
 * repetitions are tried in its stead: one of them may be its correction.
 * @returns the rows that are there now, dead letters included
 * @throws the signal's reason when aborted
 */
export async function loadSet(context: LoadContext, set: RowSet): Promise<RowSet[]> {
  const { accepted, refused, letters } = await loadAccepted(context, set)
  const loaded = [accepted, ...letters]
  const open = hashesOf(refused)
  if (open.size === 0) return loaded
  for (const again of repetitionsOf(context.batch.frames, refused, context.range.logId)) {
    const tried = await loadAccepted(
      context,
      filterRows(again, (row) => open.has(hashHex(again, row))),
    )
    loaded.push(tried.accepted, ...tried.letters)
    for (const hash of hashesOf(tried.accepted)) open.delete(hash)
    context.batch.duplicates[set.kind] -= tried.accepted.rows
    if (open.size === 0) break
  }
  return loaded
}

interface Outcome {
  accepted: RowSet
  refused: RowSet
  letters: RowSet[]
}

async function loadAccepted(context: LoadContext, set: RowSet): Promise<Outcome> {
  const { deps, seen, persist, range, attempt, homeless } = context
  const { logger, metrics, clickhouse, signal } = deps
  const poison = await loadRows(deps, set, range, attempt)
  metrics.rows.inc({ kind: set.kind }, set.rows - poison.length)
  if (poison.length === 0) return { accepted: set, refused: filterRows(set, () => false), letters: [] }
  context.refused = true
  metrics.failedRows.inc({ kind: set.kind }, poison.length)
  logger.error({ kind: set.kind, rows: poison.length, first: poison[0]?.message }, 'the store refused rows')
  const wrong = new Set(poison.map(({ row }) => row))
  const refused = filterRows(set, (row) => wrong.has(row))
  // A corrected row may come again under the same id.
  forgetRows(seen, refused)
  const dead = deadLetters(set, poison, { logId: range.logId, place: range.next - 1n, now: Date.now() })
  homeless.push(...dead.homeless)
  const perhaps = Array.from({ length: dead.letters.rows }, (_, row) => row)
  const known = await persist('looking up ids', () =>
    repeatedRows(clickhouse, { set: dead.letters, perhaps }, signal, range),
  )
  const letters = filterRows(dead.letters, (row) => !known.has(row) && !context.letters.has(hashHex(dead.letters, row)))
  for (const hash of hashesOf(letters)) context.letters.add(hash)
  const lost = await loadRows(deps, letters, range, attempt)
  const unloadable = new Set(lost.map(({ row }) => row))
  for (const { row, message } of lost) homeless.push({ kind: 'rejected', message, text: rowText(letters, row) })
  return {
    accepted: filterRows(set, (row) => !wrong.has(row)),
    refused,
    letters: [filterRows(letters, (row) => !unloadable.has(row))],
  }
}

function hashesOf(set: RowSet): Set<string> {
  return new Set(Array.from({ length: set.rows }, (_, row) => hashHex(set, row)))
}

/** Takes back that the ids of rows were seen. */
export function forgetRows(seen: SeenIds, set: RowSet): void {
  const mark = KIND_MARKS[set.kind]
  for (let at = 0; at < set.rows * 4; at += 4) {
    const [a = 0, b = 0, c = 0, d = 0] = set.hashes.subarray(at, at + 4)
    seen.forget(a, b, c ^ mark, d)
  }
}
