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
