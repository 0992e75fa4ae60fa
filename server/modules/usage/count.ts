import { z } from 'zod'
import type { Month } from '#server/entitlements/quota.ts'
import { clickhouse } from '#server/stores/index.ts'

const rowsSchema = z.array(z.object({ org_id: z.string(), events: z.coerce.number().int() }))

/**
 * How many events each organization had accepted in a month, by when they arrived; sandbox events are free. Every
 * organization at once and numbers only, so this is no tenant's question and goes past the query builder.
 * @throws when ClickHouse does not answer: a count that failed must never read as zero
 */
export async function countMonth({ from, to }: Month): Promise<Map<string, number>> {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  const result = await clickhouse().query({
    query: `select org_id, sum(events) as events from events_15m
      where arrival_day >= {from:Date} and arrival_day < {to:Date} and environment != 'sandbox'
      group by org_id having events > 0`,
    query_params: { from: day(from), to: day(to) },
    format: 'JSONEachRow',
    clickhouse_settings: { max_execution_time: 60, log_comment: JSON.stringify({ surface: 'usage' }) },
  })
  return new Map(rowsSchema.parse(await result.json()).map(({ org_id: orgId, events }) => [orgId, events]))
}
