import { readFile, writeFile } from 'node:fs/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'

const positionSchema = z.tuple([z.object({ position: z.string().regex(/^\d+$/) })])

/**
 * The position from which a log is to be loaded: one behind the watermark, 0 when nothing of it was loaded yet.
 * The watermark is the last position that is loaded, inclusive: every row with `log_position <= watermark` is there.
 */
export async function readProgress(clickhouse: ClickHouseClient, logId: string): Promise<bigint> {
  const result = await clickhouse.query({
    query: 'select toString(max(position)) as position from load_progress where log_id = {logId: String}',
    query_params: { logId },
    format: 'JSONEachRow',
  })
  const [{ position }] = positionSchema.parse(await result.json())
  return position === '0' ? 0n : BigInt(position) + 1n
}

/** Records that everything before `next` is loaded. */
export async function writeProgress(
  clickhouse: ClickHouseClient,
  logId: string,
  next: bigint,
  signal: AbortSignal,
): Promise<void> {
  await clickhouse.insert({
    table: 'load_progress',
    values: [{ log_id: logId, position: String(next - 1n), loaded_at: new Date().toISOString() }],
    format: 'JSONEachRow',
    abort_signal: signal,
    clickhouse_settings: { date_time_input_format: 'best_effort', async_insert: 0 },
  })
}

const planSchema = z.object({ logId: z.string(), from: z.string().regex(/^\d+$/), next: z.string().regex(/^\d+$/) })

/** Which stretch of which log is being loaded. */
export interface Plan {
  logId: string
  from: bigint
  next: bigint
}

/**
 * The stretch that was being loaded when the process ended. Loaded again as the same stretch it carries the same
 * deduplication tokens, so that an insert of the old process which the server finishes late adds nothing.
 */
export async function readPlan(file: string): Promise<Plan | undefined> {
  try {
    const { logId, from, next } = planSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    return { logId, from: BigInt(from), next: BigInt(next) }
  } catch {
    // Absent, or torn by the kill: then no insert had begun.
    return undefined
  }
}

/** Records the stretch before its first insert. */
export async function writePlan(file: string, plan: Plan): Promise<void> {
  const text = JSON.stringify({ logId: plan.logId, from: String(plan.from), next: String(plan.next) })
  await writeFile(file, text, { flush: true })
}
