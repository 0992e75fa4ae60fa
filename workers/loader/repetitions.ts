import type { Frame } from '#server/eventlog/index.ts'
import { buildBatch, KIND_MARKS } from './batch.ts'
import { pickRows, type RowSet, sliceRows } from './rows.ts'
import { NEW, REPEATED } from './seen.ts'

/**
 * The rows of a batch that were left out because their ids had come before in it, for ids whose first row the store refused.
 * @param frames the batch's
 * @param refused the first rows of some ids
 * @returns sets of the same kind; no id is twice in one of them
 */
export function repetitionsOf(frames: readonly Frame[], refused: RowSet, logId: string): RowSet[] {
  const { kind } = refused
  const wanted = new Set<string>()
  for (let at = 0; at < refused.rows * 4; at += 4) {
    const [a = 0, b = 0, c = 0, d = 0] = refused.hashes.subarray(at, at + 4)
    wanted.add(`${a} ${b} ${c ^ KIND_MARKS[kind]} ${d}`)
  }
  const met = new Set<string>()
  const own = frames.filter((frame) => frame.kind === kind)
  const { parts } = buildBatch(own, logId, {
    see(a, b, c, d) {
      const id = `${a} ${b} ${c} ${d}`
      if (!wanted.has(id)) return REPEATED
      if (met.has(id)) return NEW
      met.add(id)
      return REPEATED
    },
  })
  return parts.flatMap(({ set }) => rounds(set))
}

/** Cuts a set into several, none of which has an id twice: of each id the first row, then of each the second, and so on. */
function rounds(set: RowSet): RowSet[] {
  const times = new Map<string, number>()
  const rowsOf: number[][] = []
  for (let row = 0; row < set.rows; row += 1) {
    const id = set.hashes.subarray(row * 4, row * 4 + 4).join(' ')
    const time = times.get(id) ?? 0
    times.set(id, time + 1)
    const round = rowsOf[time] ?? []
    round.push(row)
    rowsOf[time] = round
  }
  const sorted = pickRows(set, Uint32Array.from(rowsOf.flat()))
  let from = 0
  return rowsOf.map(({ length }) => {
    from += length
    return sliceRows(sorted, from - length, from)
  })
}
