import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { eventRow } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { WHOLE_INSERT } from './insert-settings.ts'
import { readRebuild, requestRebuild, runPendingRebuilds, verifyRollups } from './rollups.ts'

const stores = useStores()
const A = { org_id: 'org_a', app_id: 'app_a' }
const B = { org_id: 'org_b', app_id: 'app_b' }
const RANGE = { since: '2026-10-25', until: '2026-10-28' }
const WHOLE = { since: '1970-01-01', until: '2100-01-01' }

beforeEach(async () => {
  for (const table of ['events', 'events_15m', 'rollup_rebuilds', 'load_plans', 'load_progress']) {
    await stores.clickhouse.command({ query: `truncate table ${table}` })
  }
})

type Row = ReturnType<typeof eventRow>
let next = 0
const event = (more: Record<string, string | number | boolean | null> = {}) => {
  next += 1
  return eventRow({ ...A, event_id: `e${next}`, device_id: `d${next % 7}`, ...more })
}
const mixed = (tenant = A): Row[] => [
  event({ ...tenant, revenue: 1.5, currency: 'EUR' }),
  event({ ...tenant, revenue: 2.25, currency: 'USD', event_time: '2026-10-25T10:14:59.999Z' }),
  event({ ...tenant, revenue: 0, currency: 'EUR', event_time: '2026-10-25T10:15:00.000Z' }),
  event({ ...tenant, event_name: 'session_start', is_late: true, received_at: '2026-10-26T23:59:59.999Z' }),
  event({ ...tenant, environment: 'sandbox', received_at: '2026-10-27T00:00:00.000Z' }),
  event({ ...tenant, event_time: '1950-01-01T00:20:00.000Z', received_at: '2026-10-26T10:00:00.000Z' }),
]

async function insert(rows: Row[], token: string): Promise<void> {
  await stores.clickhouse.insert({
    table: 'events',
    values: rows,
    format: 'JSONEachRow',
    clickhouse_settings: { ...WHOLE_INSERT, insert_deduplication_token: token, date_time_input_format: 'best_effort' },
  })
}

const totalsSchema = z.tuple([
  z.object({ events: z.coerce.number(), late: z.coerce.number(), paid: z.coerce.number(), revenue: z.coerce.number() }),
])
async function totals(app: string) {
  const result = await stores.clickhouse.query({
    query: `select sum(events) as events, sum(late_events) as late, sum(paid_events) as paid, sum(revenue) as revenue
      from (select * from events_15m where app_id = {app:String})`,
    query_params: { app },
    format: 'JSONEachRow',
  })
  return totalsSchema.parse(await result.json())[0]
}
/** Makes the rollup wrong: two events too many in one group, and the group of the paid ones in dollars gone. */
async function spoil(): Promise<void> {
  await stores.clickhouse.command({
    query: `insert into events_15m select * replace (toInt64(2) as events) from events_15m
      where app_id = 'app_a' and event_name = 'session_start'`,
  })
  await stores.clickhouse.command({
    query: `alter table events_15m delete where app_id = 'app_a' and currency = 'USD' settings mutations_sync = 1`,
  })
}
const openStretch = (next_position: number) =>
  stores.clickhouse.insert({
    table: 'load_plans',
    values: [{ log_id: 'log', owner: 'other', from_position: 0, next_position }],
    format: 'JSONEachRow',
  })
const loadedTo = (position: number) =>
  stores.clickhouse.insert({
    table: 'load_progress',
    values: [{ log_id: 'log', position, loaded_at: '2026-10-25 10:00:00' }],
    format: 'JSONEachRow',
  })

/** Patient, because the machine of a test may be busy. */
const rebuildAll = () => runPendingRebuilds(stores.clickhouse, 20_000, 60_000)

describe('the rollup of events', () => {
  it('counts every event once, also where a batch is sent twice under its token', async () => {
    const rows = mixed()
    await insert(rows, 'once')
    await insert(rows, 'once')
    expect(await totals('app_a')).toEqual({ events: 6, late: 1, paid: 2, revenue: 3.75 })
    await insert(rows.slice(0, 1), 'another batch')
    expect(await totals('app_a')).toEqual({ events: 7, late: 1, paid: 3, revenue: 5.25 })
    expect(await verifyRollups(stores.clickhouse, WHOLE, 0)).toEqual([])
  })

  it('is made up for by the repetition where the first try reached the events alone', async () => {
    const rows = mixed()
    // As after a kill between the two: what the view would have written is not there.
    await stores.clickhouse.command({ query: 'detach table events_15m_view' })
    await insert(rows, 'half')
    await stores.clickhouse.command({ query: 'attach table events_15m_view' })
    expect(await totals('app_a')).toMatchObject({ events: 0 })
    await insert(rows, 'half')
    await insert(rows, 'half')
    expect(await totals('app_a')).toEqual({ events: 6, late: 1, paid: 2, revenue: 3.75 })
    expect(await verifyRollups(stores.clickhouse, WHOLE, 0)).toEqual([])
  })

  it('keeps quarters of an hour apart, before 1970 too', async () => {
    await insert(mixed(), 'quarters')
    const result = await stores.clickhouse.query({
      query: `select distinct toString(bucket) as bucket from events_15m order by bucket`,
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual(
      ['1950-01-01 00:15:00.000', '2026-10-25 10:00:00.000', '2026-10-25 10:15:00.000'].map((bucket) => ({ bucket })),
    )
  })
})

describe('verifying and rebuilding', () => {
  it('names app, arrival day and amount of what differs, in the range that was asked for', async () => {
    await insert(mixed(), 'a')
    await insert(mixed(B), 'b')
    await spoil()
    const all = await verifyRollups(stores.clickhouse, RANGE, 0)
    expect(all).toEqual([
      {
        orgId: 'org_a',
        appId: 'app_a',
        day: '2026-10-25',
        groups: 1,
        events: 1,
        lateEvents: 0,
        paidEvents: 1,
        revenue: '2.25',
      },
      {
        orgId: 'org_a',
        appId: 'app_a',
        day: '2026-10-26',
        groups: 1,
        events: -2,
        lateEvents: -1,
        paidEvents: 0,
        revenue: '0',
      },
    ])
    expect(await verifyRollups(stores.clickhouse, { ...RANGE, appId: 'app_b' }, 0)).toEqual([])
    expect(await verifyRollups(stores.clickhouse, { ...RANGE, since: '2026-10-27' }, 0)).toEqual([])
  })

  it('corrects the days of the app that were asked for, once', async () => {
    await insert(mixed(), 'a')
    await spoil()
    const id = await requestRebuild(stores.clickhouse, {
      orgId: 'org_a',
      appId: 'app_a',
      ...RANGE,
      until: '2026-10-26',
    })
    expect(await readRebuild(stores.clickhouse, id)).toMatchObject({ appId: 'app_a', doneAt: null, corrected: 0 })
    expect(await rebuildAll()).toMatchObject([{ id, corrected: 1 }])
    expect((await verifyRollups(stores.clickhouse, RANGE, 0)).map(({ day }) => day)).toEqual(['2026-10-26'])
    await requestRebuild(stores.clickhouse, RANGE)
    expect(await rebuildAll()).toMatchObject([{ corrected: 1 }])
    expect(await verifyRollups(stores.clickhouse, WHOLE, 0)).toEqual([])
    expect(await totals('app_a')).toEqual({ events: 6, late: 1, paid: 2, revenue: 3.75 })
    expect(await rebuildAll()).toEqual([])
    expect((await readRebuild(stores.clickhouse, id))?.doneAt).toBeInstanceOf(Date)
  })

  it('corrects once where two processes do the same request', async () => {
    await insert(mixed(), 'a')
    await spoil()
    await requestRebuild(stores.clickhouse, RANGE)
    await Promise.all([rebuildAll(), rebuildAll()])
    expect(await totals('app_a')).toEqual({ events: 6, late: 1, paid: 2, revenue: 3.75 })
  })

  it('corrects what is found when a request is tried again after it was half done', async () => {
    await insert(mixed(), 'a')
    await spoil()
    await requestRebuild(stores.clickhouse, RANGE)
    let failed = 0
    const dying = new Proxy(stores.clickhouse, {
      get(target, name) {
        if (name !== 'insert') return Reflect.get(target, name)
        return async () => {
          failed += 1
          throw new Error('The answer never came.')
        }
      },
    })
    await expect(runPendingRebuilds(dying, 20_000, 60_000)).rejects.toThrow()
    expect(failed).toBe(1)
    expect(await totals('app_a')).toMatchObject({ events: 6 })
    // The same day of the same request, but other figures.
    await stores.clickhouse.command({
      query: `insert into events_15m select * replace (toInt64(7) as events, toInt64(0) as late_events)
        from events_15m where app_id = 'app_a' and event_name = 'session_start' limit 1`,
    })
    await rebuildAll()
    expect(await totals('app_a')).toEqual({ events: 6, late: 1, paid: 2, revenue: 3.75 })
    expect(await verifyRollups(stores.clickhouse, WHOLE, 0)).toEqual([])
  })

  it('waits for the stretch that another loader has under way, and leaves the request where it lasts', async () => {
    await insert(mixed(), 'a')
    await spoil()
    await requestRebuild(stores.clickhouse, RANGE)
    await openStretch(100)
    expect(await runPendingRebuilds(stores.clickhouse, 300)).toEqual([])
    expect(await totals('app_a')).not.toMatchObject({ events: 6 })
    const waiting = runPendingRebuilds(stores.clickhouse, 20_000)
    await loadedTo(99)
    expect(await waiting).toMatchObject([{ corrected: 2 }])
    expect(await totals('app_a')).toMatchObject({ events: 6 })
  })

  it('goes on where it stopped for events that wait', async () => {
    await insert(mixed(), 'a')
    await spoil()
    const id = await requestRebuild(stores.clickhouse, RANGE)
    const step = () => runPendingRebuilds(stores.clickhouse, 20_000, -1)
    expect(await step()).toEqual([])
    expect(await readRebuild(stores.clickhouse, id)).toMatchObject({ since: '2026-10-26', corrected: 1, doneAt: null })
    expect(await step()).toEqual([])
    expect(await step()).toMatchObject([{ id, corrected: 2, doneAt: expect.any(Date) }])
    expect(await totals('app_a')).toMatchObject({ events: 6 })
  })

  it('does not wait for a log that nobody has loaded from for hours', async () => {
    await requestRebuild(stores.clickhouse, RANGE)
    await stores.clickhouse.command({
      query: `insert into load_plans (log_id, owner, from_position, next_position, written_at)
        values ('gone', 'x', 0, 50, now64(3) - interval 2 hour)`,
    })
    expect(await runPendingRebuilds(stores.clickhouse, 0)).toHaveLength(1)
  })
})
