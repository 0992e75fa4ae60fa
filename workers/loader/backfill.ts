import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { FRAME_KINDS } from '#server/eventlog/index.ts'
import type { Logger } from '#server/platform/logger.ts'
import type { LogRange } from './known.ts'
import { TABLES } from './tables.ts'

/** Name under which `load_plans` says that the ids of earlier releases' rows are recorded. */
const DONE = 'ids of release 0.1.0'

const countSchema = z.tuple([z.object({ n: z.number() })])
const daysSchema = z.array(z.object({ day: z.number() }))

/**
 * Records the ids of rows that were loaded before `event_ids` existed: of the last days of arrival, day by day, each id
 * that is not there yet. Done once; a run that was broken off goes on.
 * @throws ClickHouse's error
 */
export async function backfillIds(clickhouse: ClickHouseClient, windowDays: number, logger: Logger): Promise<void> {
  const done = await clickhouse.query({
    query: 'select toUInt32(count()) as n from load_plans where log_id = {done: String}',
    query_params: { done: DONE },
    format: 'JSONEachRow',
  })
  const [{ n }] = countSchema.parse(await done.json())
  if (n > 0) return
  for (const kind of FRAME_KINDS) {
    const { table, id } = TABLES[kind]
    const found = await clickhouse.query({
      query: `select toUInt32(toUInt16(toDate(received_at, 'UTC'))) as day from ${table} group by day order by day desc limit 1 by day`,
      format: 'JSONEachRow',
    })
    const days = daysSchema.parse(await found.json()).map(({ day }) => day)
    // Counted from the newest day: an installation that stood still for weeks has a window too.
    for (const day of days.filter((each) => each >= (days[0] ?? 0) - windowDays)) {
      logger.info({ table, day }, 'recording the ids of rows that an earlier release loaded')
      await clickhouse.command({
        query: `insert into event_ids (log_id, kind, hash, day, log_position)
          select log_id, {kind: String}, MD5(concat(app_id, '\\n', ${id})) as hash, toDate(received_at, 'UTC'), log_position
          from ${table}
          where received_at >= toDateTime64(toDate({day: UInt16}), 3, 'UTC')
            and received_at < toDateTime64(toDate({day: UInt16} + 1), 3, 'UTC')
            and hash not in (select hash from event_ids where kind = {kind: String} and day = toDate({day: UInt16}))`,
        query_params: { kind, day },
      })
    }
  }
  await clickhouse.insert({
    table: 'load_plans',
    values: [{ log_id: DONE, owner: '', from_position: '0', next_position: '0', tokens: '' }],
    format: 'JSONEachRow',
    clickhouse_settings: { async_insert: 0 },
  })
}

/**
 * Records the ids of the rows that an earlier owner inserted in a stretch of a log without having come to their ids. The
 * log may not give those rows again (damaged meanwhile): what it cannot repeat must still be known, or its client's
 * repetition would be loaded as new.
 * @throws ClickHouse's error, the signal's reason when aborted
 */
export async function recordStretch(
  clickhouse: ClickHouseClient,
  { logId, from, next }: LogRange,
  signal: AbortSignal,
): Promise<void> {
  const stretch = 'log_id = {logId: String} and log_position >= {from: UInt64} and log_position < {next: UInt64}'
  for (const kind of FRAME_KINDS) {
    const { table, id } = TABLES[kind]
    await clickhouse.command({
      query: `insert into event_ids (log_id, kind, hash, day, log_position)
        select log_id, {kind: String}, MD5(concat(app_id, '\\n', ${id})) as hash, toDate(now('UTC')), log_position
        from ${table} where ${stretch}
          and hash not in (select hash from event_ids where kind = {kind: String} and ${stretch})`,
      query_params: { kind, logId, from: String(from), next: String(next) },
      abort_signal: signal,
    })
  }
}
