import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { PACKED, packed } from '#server/eventlog/index.ts'
import type { Logger } from '#server/platform/logger.ts'
import { requestRebuild } from '#server/stores/clickhouse/rollups.ts'
import { retry } from '../runtime/index.ts'
import { type RowSet, rowBytes } from './rows.ts'

const DAY_MS = 86_400_000

const receivedSchema = z.object({ received_at: z.union([z.number(), z.string()]) })

/**
 * Asks for the rollup of some events' days of arrival to be compared with the events: an earlier try may have reached the
 * one and not the other, and what is inserted under another token says nothing about that. To be called before the insert,
 * so that it is asked for even if this process dies after it; nobody compares while the stretch is open.
 * @throws the signal's reason when aborted
 */
export async function compareRollup(
  deps: { clickhouse: ClickHouseClient; logger: Logger; signal: AbortSignal },
  set: RowSet,
): Promise<void> {
  if (set.kind !== 'event') return
  for (const { from, to } of rangesOf(arrivalDays(set))) {
    const text = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10)
    await retry(() => requestRebuild(deps.clickhouse, { since: text(from), until: text(to) }), {
      signal: deps.signal,
      maxMs: 3_000,
      onRetry: (error) => deps.logger.warn({ err: error }, 'asking for the rollup to be compared failed, once more'),
    })
  }
}

/** The days on which rows arrived, as days since 1970, UTC, in their order; rows that cannot be read have none. */
function arrivalDays(set: RowSet): number[] {
  const days = new Set<number>()
  for (let row = 0; row < set.rows; row += 1) {
    const time = arrivalOf(set, row)
    if (!Number.isNaN(time)) days.add(Math.floor(time / DAY_MS))
  }
  return [...days].sort((a, b) => a - b)
}

function arrivalOf(set: RowSet, row: number): number {
  const bytes = rowBytes(set, row)
  try {
    const values: unknown = set.encoding === PACKED ? packed.unpackRow(bytes) : JSON.parse(bytes.toString('utf8'))
    return new Date(receivedSchema.parse(values).received_at).getTime()
  } catch {
    return Number.NaN
  }
}

/** Days that follow each other, together: `to` is not part of it. */
function rangesOf(days: readonly number[]): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = []
  for (const day of days) {
    const last = ranges.at(-1)
    if (last?.to === day) last.to = day + 1
    else ranges.push({ from: day, to: day + 1 })
  }
  return ranges
}
