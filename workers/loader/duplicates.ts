import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'

/** An id that is there more than once, because it came again when it was not remembered any more. */
export interface LateDuplicate {
  eventId: string
  rows: number
  /** Arrival of the first and the last of its rows. */
  first: Date
  last: Date
}

/** Streams over the table's order instead of holding its ids. */
const IN_ORDER = {
  optimize_aggregation_in_order: 1,
  max_threads: 2,
  max_bytes_before_external_group_by: '500000000',
  max_execution_time: 900,
} as const

const REPEATED = `select kind, hash from event_ids group by kind, hash having uniqExact(log_id, log_position) > 1`

/** How many ids of the last 30 days, of every app and kind, were loaded more than once. A scan over `event_ids`. */
export async function countLateDuplicates(clickhouse: ClickHouseClient): Promise<number> {
  const result = await clickhouse.query({
    query: `select toFloat64(count()) as n from (${REPEATED})`,
    format: 'JSONEachRow',
    clickhouse_settings: IN_ORDER,
  })
  const [row] = z.array(z.object({ n: z.number() })).parse(await result.json())
  return row?.n ?? 0
}

const rowSchema = z.object({
  event_id: z.string(),
  rows: z.number(),
  first: z.coerce.number(),
  last: z.coerce.number(),
})

/**
 * The events of an app that are there more than once, the most repeated first. Ids are compared by a 64-bit hash first,
 * so that memory grows with 8 bytes an event, and on disk beyond half a gigabyte; then for certain.
 * @param range org and app; days of arrival, UTC, `YYYY-MM-DD`, `from` inclusive and `to` exclusive
 * @param limit at most so many ids
 */
export async function lateDuplicates(
  clickhouse: ClickHouseClient,
  range: { orgId: string; appId: string; from?: string; to?: string },
  limit = 1_000,
): Promise<LateDuplicate[]> {
  const { orgId, appId, from, to } = range
  const condition = [
    'org_id = {orgId: String} and app_id = {appId: String}',
    ...(from === undefined ? [] : [`received_at >= toDateTime64({from: Date}, 3, 'UTC')`]),
    ...(to === undefined ? [] : [`received_at < toDateTime64({to: Date}, 3, 'UTC')`]),
  ].join(' and ')
  const result = await clickhouse.query({
    query: `select event_id, toFloat64(count()) as rows, toFloat64(toUnixTimestamp64Milli(min(received_at))) as first,
        toFloat64(toUnixTimestamp64Milli(max(received_at))) as last
      from events where ${condition} and cityHash64(event_id) in (
        select cityHash64(event_id) as id from events where ${condition} group by id having count() > 1)
      group by event_id having rows > 1 order by rows desc, event_id limit {limit: UInt32}`,
    query_params: { orgId, appId, limit, ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
    format: 'JSONEachRow',
    clickhouse_settings: { max_bytes_before_external_group_by: '500000000', max_execution_time: 600 },
  })
  return z
    .array(rowSchema)
    .parse(await result.json())
    .map(({ event_id, rows, first, last }) => ({
      eventId: event_id,
      rows,
      first: new Date(first),
      last: new Date(last),
    }))
}
