import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { FRAME_KINDS, type FrameKind } from '#server/eventlog/index.ts'
import { deleteRows } from '#server/stores/index.ts'
import { TABLES } from './tables.ts'

/** A stretch of a log that is loaded a second time, because the store lost what it had of it. */
export interface Replay {
  /** Behind the last position that was loaded before. */
  until: bigint
  /**
   * Of the inserts' tokens: the store may remember an insert whose rows it lost, and would drop its repetition.
   * The same for everybody who loads this log, so that a successor repeats an insert under its own token.
   */
  tokenSuffix: string
}

/** Name under which `load_plans` keeps that a log is replayed: a name that no log has. */
const nameOf = (logId: string) => `replay of ${logId}`

const replaySchema = z.tuple([z.object({ until: z.string(), owner: z.string() })])
const positionSchema = z.tuple([z.object({ position: z.string(), rows: z.number() })])
const countSchema = z.tuple([z.object({ rows: z.number() })])

/** The replay that was last asked for of a log; whoever is past its end has done it. */
export async function readReplay(clickhouse: ClickHouseClient, logId: string): Promise<Replay | undefined> {
  const result = await clickhouse.query({
    query: `select toString(max(next_position)) as until, max(owner) as owner from load_plans where log_id = {name: String}`,
    query_params: { name: nameOf(logId) },
    format: 'JSONEachRow',
  })
  const [{ until, owner }] = replaySchema.parse(await result.json())
  return owner === '' ? undefined : { until: BigInt(until), tokenSuffix: `:replay ${owner}` }
}

/** The last position that is loaded of a log; undefined when nothing was. */
export async function loadedPosition(clickhouse: ClickHouseClient, logId: string): Promise<bigint | undefined> {
  const result = await clickhouse.query({
    query: `select toString(max(position)) as position, toUInt32(count()) as rows from load_progress
      where log_id = {logId: String}`,
    query_params: { logId },
    format: 'JSONEachRow',
  })
  const [{ position, rows }] = positionSchema.parse(await result.json())
  return rows === 0 ? undefined : BigInt(position)
}

/** Ids that are compared at a time: bounds the memory of the comparison. */
const IDS_AT_ONCE = 5_000_000

/**
 * Makes the loaders begin a log again at a position, and the attributor too. What is there is not loaded twice: `event_ids`
 * is made to say exactly which rows of the stretch the tables have. Every step may be repeated; the progress goes last, so
 * that a run that is broken off leaves the log where it was.
 * @param from position of the first frame to load again; no loader and no attributor may run
 * @returns whether there was anything loaded from there on
 * @throws ClickHouse's error
 */
export async function replayFrom(clickhouse: ClickHouseClient, logId: string, from: bigint): Promise<boolean> {
  const loaded = await loadedPosition(clickhouse, logId)
  if (loaded === undefined || loaded < from) return false
  for (const kind of FRAME_KINDS) await matchIds(clickhouse, logId, kind, from)
  await clickhouse.insert({
    table: 'load_plans',
    values: [
      {
        log_id: nameOf(logId),
        owner: new Date().toISOString(),
        from_position: String(from),
        next_position: String(loaded + 1n),
        tokens: '',
        // Not a stretch under way, for which a rebuild of rollups would wait.
        written_at: '2000-01-01 00:00:00',
      },
    ],
    format: 'JSONEachRow',
    clickhouse_settings: { async_insert: 0, input_format_defaults_for_omitted_fields: 1 },
  })
  await deleteRows(clickhouse, 'load_plans', 'log_id = {logId: String}', { logId })
  for (const [table, time] of [
    ['attributor_progress', 'decided_at'],
    ['load_progress', 'loaded_at'],
  ] as const) {
    const lower = async () => {
      if (from === 0n) return
      const values = [{ log_id: logId, position: String(from - 1n), [time]: new Date().toISOString() }]
      // The same row comes twice, and both must go in.
      const clickhouse_settings = {
        async_insert: 0,
        insert_deduplicate: 0,
        date_time_input_format: 'best_effort',
      } as const
      await clickhouse.insert({ table, values, format: 'JSONEachRow', clickhouse_settings })
    }
    // Of the two rows the higher one counts, so the lower comes first: a log without a row would begin at its very start.
    await lower()
    await deleteRows(clickhouse, table, 'log_id = {logId: String} and position >= {from: UInt64}', {
      logId,
      from: String(from),
    })
    // A merge in between keeps the higher row alone, which is gone now.
    await lower()
  }
  return true
}

/** Makes `event_ids` name exactly the rows of one kind that the table has from a position of a log on. */
async function matchIds(clickhouse: ClickHouseClient, logId: string, kind: FrameKind, from: bigint): Promise<void> {
  const { table, id } = TABLES[kind]
  const params = { logId, kind, from: String(from) }
  const stretch = 'log_id = {logId: String} and log_position >= {from: UInt64}'
  const counted = await clickhouse.query({
    query: `select toFloat64(greatest((select count() from ${table} where ${stretch}),
        (select count() from event_ids where ${stretch} and kind = {kind: String}))) as rows`,
    query_params: params,
    format: 'JSONEachRow',
  })
  const [{ rows }] = countSchema.parse(await counted.json())
  const groups = Math.max(1, Math.ceil(rows / IDS_AT_ONCE))
  for (let group = 0; group < groups; group += 1) {
    const hash = `MD5(concat(app_id, '\\n', ${id}))`
    const inTable = `select ${hash} from ${table} where ${stretch} and cityHash64(${hash}) % ${groups} = ${group}`
    const known = `${stretch} and kind = {kind: String} and cityHash64(hash) % ${groups} = ${group}`
    await deleteRows(clickhouse, 'event_ids', `${known} and hash not in (${inTable})`, params)
    await clickhouse.command({
      query: `insert into event_ids (log_id, kind, hash, day, log_position)
        select log_id, {kind: String}, ${hash} as hash, toDate(received_at, 'UTC'), log_position from ${table}
        where ${stretch} and cityHash64(hash) % ${groups} = ${group}
          and hash not in (select hash from event_ids where ${known})`,
      query_params: params,
    })
  }
}
