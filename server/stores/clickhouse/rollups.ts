import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, drainStream } from '@clickhouse/client'
import { z } from 'zod'
import { WHOLE_INSERT } from './insert-settings.ts'
import { BACKGROUND, type RollupRange, rangeParameters, rollupDifferences } from './rollup-differences.ts'

export type { RollupRange } from './rollup-differences.ts'

/** One app's day on which `events_15m` does not say what `events` holds: figures of the events less those of the rollup. */
export interface RollupDifference {
  orgId: string
  appId: string
  /** Day of arrival, UTC. */
  day: string
  /** Groups (quarter, event, platform, country, currency) that are wrong. */
  groups: number
  events: number
  lateEvents: number
  paidEvents: number
  /** Decimal text, currencies added up as numbers. */
  revenue: string
}

/** What was asked to be compared and corrected; the range is what is left of it. */
export interface Rebuild extends RollupRange {
  id: string
  requestedAt: Date
  /** null: no loader has done it yet. */
  doneAt: Date | null
  /** Groups that were wrong and are corrected. */
  corrected: number
}

const differenceSchema = z.object({
  org_id: z.string(),
  app_id: z.string(),
  day: z.string(),
  groups: z.number(),
  events: z.number(),
  late: z.number(),
  paid: z.number(),
  revenue: z.string(),
})

/**
 * Compares the rollup with the events, by app and arrival day. While a loader inserts, events are seen some milliseconds
 * before they are counted; what differs is therefore looked at again after a moment, and only what differs still is told.
 * @returns nothing where they agree
 */
export async function verifyRollups(
  clickhouse: ClickHouseClient,
  range: RollupRange,
  lookAgainAfterMs = 2_000,
): Promise<RollupDifference[]> {
  const first = await differentDays(clickhouse, range)
  if (first.length === 0) return []
  await sleep(lookAgainAfterMs)
  const before = new Map(first.map((day) => [`${day.orgId} ${day.appId} ${day.day}`, JSON.stringify(day)]))
  const second = await differentDays(clickhouse, range)
  return second.filter((day) => before.get(`${day.orgId} ${day.appId} ${day.day}`) === JSON.stringify(day))
}

async function differentDays(clickhouse: ClickHouseClient, range: RollupRange): Promise<RollupDifference[]> {
  const result = await clickhouse.query({
    query: `select toString(org_id) as org_id, toString(app_id) as app_id, toString(arrival_day) as day,
        toUInt32(count()) as groups, toFloat64(sum(d.events)) as events, toFloat64(sum(d.late_events)) as late,
        toFloat64(sum(d.paid_events)) as paid, toString(sum(d.revenue)) as revenue
      from (${rollupDifferences(range)}) as d group by org_id, app_id, day order by day, org_id, app_id`,
    query_params: rangeParameters(range),
    clickhouse_settings: BACKGROUND,
    format: 'JSONEachRow',
  })
  return z
    .array(differenceSchema)
    .parse(await result.json())
    .map(({ org_id, app_id, late, paid, ...rest }) => ({
      ...rest,
      orgId: org_id,
      appId: app_id,
      lateEvents: late,
      paidEvents: paid,
    }))
}

/**
 * Asks for the rollup to be compared with the events and corrected; a loader does it between two batches.
 * @returns the request's id, for {@link readRebuild}
 */
export async function requestRebuild(clickhouse: ClickHouseClient, range: RollupRange): Promise<string> {
  const id = randomUUID()
  await writeRebuild(clickhouse, { ...range, id, requestedAt: new Date(), doneAt: null, corrected: 0 })
  return id
}

/** A request as it stands. @returns null for an id that was never given out */
export async function readRebuild(clickhouse: ClickHouseClient, id: string): Promise<Rebuild | null> {
  const [found] = await rebuilds(clickhouse, 'id = {id:String}', { id })
  return found ?? null
}

const rebuildSchema = z.object({
  id: z.string(),
  org_id: z.string(),
  app_id: z.string(),
  since: z.string(),
  until: z.string(),
  requested_at: z.coerce.date(),
  done_at: z.coerce.date().nullable(),
  corrected: z.coerce.number(),
})

async function rebuilds(
  clickhouse: ClickHouseClient,
  condition: string,
  params: Record<string, unknown>,
): Promise<Rebuild[]> {
  const result = await clickhouse.query({
    query: `select * from rollup_rebuilds final where ${condition} order by requested_at, id`,
    query_params: params,
    format: 'JSONEachRow',
  })
  return z
    .array(rebuildSchema)
    .parse(await result.json())
    .map(({ org_id, app_id, requested_at, done_at, ...rest }) => ({
      ...rest,
      requestedAt: requested_at,
      doneAt: done_at,
      ...(org_id === '' ? {} : { orgId: org_id }),
      ...(app_id === '' ? {} : { appId: app_id }),
    }))
}

async function writeRebuild(clickhouse: ClickHouseClient, rebuild: Rebuild): Promise<void> {
  const { id, orgId = '', appId = '', since, until, requestedAt, doneAt, corrected } = rebuild
  await clickhouse.insert({
    table: 'rollup_rebuilds',
    values: [{ id, org_id: orgId, app_id: appId, since, until, requested_at: requestedAt, done_at: doneAt, corrected }],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort', async_insert: 0 },
  })
}

/** How long a caller stands still for the batches of others, and for all of it, in milliseconds. */
const PATIENCE_MS = 5_000
const WORK_MS = 10_000

/**
 * Does the rebuilds that were asked for, day by day. A loader calls it between two batches, every few seconds, with nothing
 * of its own under way; anybody may call it. The difference between events and rollup goes in as one insert a day, so that
 * no report sees half of it, and only if no loader had a stretch open and none moved on while it was computed: what is
 * half-way in would be counted twice. Where several loaders load at once they meet here, each waiting for the others; what
 * does not come to rest is left for the next call. Two callers that do the same day insert under the same token.
 * @param patienceMs how long to wait for rest in all, in milliseconds
 * @param workMs no day is begun after so many milliseconds: events wait meanwhile, and the next call goes on
 * @returns the requests done now
 * @throws ClickHouse's error; the next call begins again with the day that failed, or earlier
 */
export async function runPendingRebuilds(
  clickhouse: ClickHouseClient,
  patienceMs = PATIENCE_MS,
  workMs = WORK_MS,
): Promise<Rebuild[]> {
  const pending = await rebuilds(clickhouse, 'isNull(done_at)', {})
  const done: Rebuild[] = []
  const started = Date.now()
  for (const rebuild of pending) {
    const left = { ...rebuild }
    for (const day of daysOf(rebuild)) {
      const groups = await correctDay(clickhouse, rebuild, day, started + patienceMs)
      if (groups !== undefined) {
        left.corrected += groups
        left.since = day.until
      }
      if (groups === undefined || Date.now() > started + workMs) break
    }
    if (left.since >= left.until) left.doneAt = new Date()
    if (left.since > rebuild.since || left.doneAt) await writeRebuild(clickhouse, left)
    if (!left.doneAt) break
    done.push(left)
  }
  return done
}

const DAY_MS = 86_400_000

function daysOf({ since, until }: RollupRange): { since: string; until: string }[] {
  const text = (time: number) => new Date(time).toISOString().slice(0, 10)
  const [first, end] = [Date.parse(since), Date.parse(until)]
  return Array.from({ length: Math.max(0, (end - first) / DAY_MS) }, (_, i) => ({
    since: text(first + i * DAY_MS),
    until: text(first + (i + 1) * DAY_MS),
  }))
}

/** @returns how many groups were corrected; undefined when the loaders did not come to rest until `end` */
async function correctDay(
  clickhouse: ClickHouseClient,
  rebuild: Rebuild,
  day: { since: string; until: string },
  end: number,
): Promise<number | undefined> {
  for (;;) {
    const before = await stretches(clickhouse)
    if (before.open === 0) {
      const found = await missing(clickhouse, { ...rebuild, ...day })
      if (found.length === 0) return 0
      const after = await stretches(clickhouse)
      if (after.open === 0 && after.mark === before.mark) {
        await add(clickhouse, found, `rebuild:${rebuild.id}:${day.since}:${hashOf(found)}`)
        return found.length
      }
    }
    if (Date.now() >= end) return undefined
    await sleep(100)
  }
}

/** The same lines in any order, the same hash: another try that finds something else must not pass for the first one. */
function hashOf(lines: readonly string[]): string {
  return createHash('sha256')
    .update([...lines].sort().join('\n'))
    .digest('hex')
}

/** What has to be added to a day of the rollup, as lines of JSON. */
async function missing(clickhouse: ClickHouseClient, range: RollupRange): Promise<string[]> {
  const result = await clickhouse.query({
    query: rollupDifferences(range),
    query_params: rangeParameters(range),
    clickhouse_settings: {
      ...BACKGROUND,
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_decimals: 1,
    },
    format: 'JSONEachRow',
  })
  const text = await result.text()
  return text.split('\n').filter((line) => line !== '')
}

async function add(clickhouse: ClickHouseClient, lines: readonly string[], token: string): Promise<void> {
  const { stream } = await clickhouse.exec({
    query: 'insert into events_15m format JSONEachRow',
    values: Readable.from([Buffer.from(`${lines.join('\n')}\n`)], { objectMode: false }),
    clickhouse_settings: { ...WHOLE_INSERT, date_time_input_format: 'best_effort', insert_deduplication_token: token },
  })
  await drainStream(stream)
}

const stretchesSchema = z.tuple([z.object({ open: z.number(), mark: z.string() })])

/**
 * How many logs have a stretch that was begun and is not loaded, and a mark that changes whenever one is begun or loaded.
 * A stretch that nobody went on with for an hour belongs to a log that is gone.
 */
async function stretches(clickhouse: ClickHouseClient): Promise<{ open: number; mark: string }> {
  const result = await clickhouse.query({
    query: `select toUInt32(countIf(p.next > l.position + 1 and p.written > now64(3) - interval 1 hour)) as open,
        toString(sum(cityHash64(p.log_id, p.next, l.position))) as mark
      from (select log_id, max(next_position) as next, max(written_at) as written from load_plans group by log_id) as p
      left join (select log_id, max(position) as position from load_progress group by log_id) as l on l.log_id = p.log_id`,
    format: 'JSONEachRow',
  })
  const [found] = stretchesSchema.parse(await result.json())
  return found
}
