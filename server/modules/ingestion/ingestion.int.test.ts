import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCollector, type TestCollector } from '#e2e/fixtures/collector.ts'
import { eventRow, insertRows, touchpointRow } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, requestOf, type Tenant } from '#e2e/tenancy/tenants.ts'
import { setEnv } from '#server/platform/env.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { loaderLag } from './lag.ts'

const stores = useStores()
const caller = createCallerFactory(appRouter)
let collector: TestCollector
let serial = 0

beforeAll(async () => {
  collector = await startTestCollector(stores.databaseUrl, { limits: { eventsPerKey: 0 } })
  setEnv({ COLLECTOR_URL: collector.url })
})
afterAll(() => collector?.stop())

interface Own {
  tenant: Tenant
  call: ReturnType<typeof caller>
  at: { org: string; app: string }
}

async function own(): Promise<Own> {
  serial += 1
  const tenant = await makeTenant(`ingest${serial}org`, stores.admin, stores.clickhouse)
  await stores.clickhouse.command({
    query: 'delete from rejected_events where app_id = {app:String}',
    query_params: { app: tenant.appId },
  })
  return { tenant, call: caller(requestOf(tenant.users.owner)), at: { org: tenant.org, app: tenant.app } }
}

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

async function letters({ tenant }: Own, rows: { id: string; code: string; raw: string; kind?: string; at?: string }[]) {
  await insertRows(
    stores.clickhouse,
    'rejected_events',
    rows.map(({ id, code, raw, kind = 'event', at = ago(60) }) => ({
      org_id: tenant.orgId,
      app_id: tenant.appId,
      rejected_id: id,
      kind,
      received_at: at,
      code,
      field: '',
      message: 'x',
      raw,
    })),
  )
}

const good = (id: string) => JSON.stringify({ event_id: id, event_name: 'open', device_id: 'd1' })
const inLog = async (ids: string[]) =>
  (await collector.rows('event')).map(({ event_id: id }) => String(id)).filter((id) => ids.includes(id))

describe('the overview', () => {
  it('counts what arrived, by when it arrived, and what was rejected or refused, by reason', async () => {
    const one = await own()
    const { tenant } = one
    const row = { org_id: tenant.orgId, app_id: tenant.appId, device_id: 'd', event_time: '2020-01-01T00:00:00.000Z' }
    await insertRows(stores.clickhouse, 'events', [
      eventRow({ ...row, event_id: 'a', received_at: ago(10) }),
      eventRow({ ...row, event_id: 'b', received_at: ago(1800) }),
      eventRow({ ...row, event_id: 'c', received_at: ago(1800), environment: 'sandbox' }),
      eventRow({ ...row, event_id: 'd', received_at: ago(2 * 86_400) }),
    ])
    const touch = { org_id: tenant.orgId, app_id: tenant.appId, touchpoint_id: 't', received_at: ago(60) }
    await insertRows(stores.clickhouse, 'touchpoints', [touchpointRow(touch)])
    await letters(one, [
      { id: 'r1', code: 'missing', raw: '{}' },
      { id: 'r2', code: 'missing', raw: '{}' },
      { id: 'r3', code: 'in_future', raw: '{}', kind: 'touchpoint' },
    ])
    const quarter = new Date(Math.floor(Date.now() / 900_000) * 900_000)
    const refused = { orgId: tenant.orgId, appId: tenant.appId, bucket: quarter, keyId: tenant.ingestKeyId }
    await stores.admin.refusedCount.createMany({
      data: [
        { ...refused, reason: 'rate_limited', count: 7 },
        { ...refused, reason: 'quota_exceeded', count: 9 },
      ],
    })
    const hour = await one.call.ingestion.overview({ ...one.at, window: '1h' })
    expect(hour.totals).toEqual({ events: 3, sandbox: 1, touchpoints: 1, rejected: 3, refused: 16 })
    expect(hour.buckets).toHaveLength(60)
    expect(hour.events.reduce((sum, n) => sum + n)).toBe(3)
    expect(hour.refused).toBeNull()
    expect(hour.rejectedByCode).toEqual([
      { code: 'missing', kind: 'event', count: 2 },
      { code: 'in_future', kind: 'touchpoint', count: 1 },
    ])
    expect(hour.refusedByReason).toMatchObject([
      { reason: 'quota_exceeded', count: 9, keyName: `Ingest key …${tenant.ingestKey.slice(-4)}` },
      { reason: 'rate_limited', count: 7 },
    ])
    const week = await one.call.ingestion.overview({ ...one.at, window: '7d' })
    expect(week.totals.events).toBe(4)
    expect(week.events.at(-1)).toBeGreaterThan(0)
    expect(week.refused?.at(-1)).toBe(16)
  })
})

describe('how far loading is behind', () => {
  const report = (logId: string, lagMs: number, at: string) =>
    insertRows(stores.clickhouse, 'loader_status', [{ log_id: logId, lag_ms: lagMs, lag_bytes: 0, reported_at: at }])

  it('is unknown until a loader reports, then its worst log, then silent when the reports stop', async () => {
    expect(await loaderLag()).toMatchObject({ state: 'unknown', lagMs: null })
    await report('a', 100, ago(40))
    expect(await loaderLag()).toMatchObject({ state: 'silent', lagMs: null })
    await report('a', 1_200, ago(1))
    await report('b', 300, ago(1))
    expect(await loaderLag()).toMatchObject({ state: 'running', lagMs: 1_200 })
  })

  it('comes with the time at which the newest event arrived', async () => {
    const one = await own()
    const arrived = ago(5)
    const row = { org_id: one.tenant.orgId, app_id: one.tenant.appId, device_id: 'd', event_id: 'new' }
    await insertRows(stores.clickhouse, 'events', [eventRow({ ...row, received_at: arrived })])
    expect((await one.call.ingestion.health(one.at)).newestArrival).toBe(arrived)
  })
})

describe('sending rejected events again', () => {
  it('brings in what is acceptable now, marks each with the outcome and leaves open what is not', async () => {
    const one = await own()
    await letters(one, [
      { id: 'ok1', code: 'missing', raw: good('again1') },
      { id: 'ok2', code: 'missing', raw: good('again2') },
      { id: 'bad', code: 'missing', raw: '{"event_name":"open"}' },
      { id: 'other', code: 'in_future', raw: good('again3') },
    ])
    const done = await one.call.ingestion.replay({ ...one.at, code: 'missing' })
    expect(done).toEqual({ replayed: 3, accepted: 2, rejected: 1, next: null })
    expect((await inLog(['again1', 'again2', 'again3'])).sort()).toEqual(['again1', 'again2'])
    const shown = async (state?: 'open' | 'replayed') =>
      Object.fromEntries(
        (await one.call.events.rejected({ ...one.at, ...(state ? { state } : {}) })).rows.map((row) => [
          row.rejectedId,
          row.replay?.accepted ?? null,
        ]),
      )
    expect(await shown()).toEqual({ ok1: true, ok2: true, bad: false, other: null })
    expect(await shown('open')).toEqual({ bad: false, other: null })
    expect(await shown('replayed')).toEqual({ ok1: true, ok2: true })
    expect(await one.call.ingestion.replay({ ...one.at, code: 'missing' })).toMatchObject({ replayed: 1, accepted: 0 })
    const again = await one.call.ingestion.replay({ ...one.at, code: 'missing', again: true })
    expect(again).toMatchObject({ replayed: 3, accepted: 2 })
  })

  it('goes through any number of them by pages, touchpoints first, each once', async () => {
    const one = await own()
    const many = Array.from({ length: 5_300 }, (_, n) => ({ id: `m${n}`, code: 'missing', raw: good(`many${n}`) }))
    const click = JSON.stringify({
      touchpoint_id: 't1',
      touchpoint_type: 'click',
      touchpoint_time: Date.now(),
      media_source: 'net',
    })
    await letters(one, [...many, { id: 'touch', code: 'missing', raw: click, kind: 'touchpoint', at: ago(10) }])
    const first = await one.call.ingestion.replay(one.at)
    expect(first).toMatchObject({ replayed: 5_000, accepted: 5_000, next: expect.any(String) })
    const second = await one.call.ingestion.replay({ ...one.at, cursor: first.next ?? '' })
    expect(second).toEqual({ replayed: 301, accepted: 301, rejected: 0, next: null })
    const ids = (await collector.rows('event')).map(({ event_id: id }) => String(id)).filter((id) => /^many\d/.test(id))
    expect([ids.length, new Set(ids).size]).toEqual([5_300, 5_300])
    expect(await collector.rows('touchpoint')).toMatchObject([{ touchpoint_id: 't1' }])
  })

  it('takes one after it was corrected, and says why when it is refused again', async () => {
    const one = await own()
    await letters(one, [{ id: 'fix', code: 'missing', raw: '{"event_name":"open"}' }])
    const refused = await one.call.ingestion.replayOne({ ...one.at, rejectedId: 'fix' })
    expect(refused).toMatchObject({ accepted: false, reason: { code: 'missing', field: 'device_id' } })
    const raw = JSON.stringify({ event_id: 'fixed', event_name: 'open', device_id: 'd9' }, null, 2)
    expect(await one.call.ingestion.replayOne({ ...one.at, rejectedId: 'fix', raw })).toEqual({
      accepted: true,
      reason: null,
    })
    expect(await inLog(['fixed'])).toEqual(['fixed'])
    const { rows } = await one.call.events.rejected(one.at)
    expect(rows[0]?.replay).toMatchObject({ accepted: true, edited: true })
  })

  it('leaves no key behind', async () => {
    const one = await own()
    await letters(one, [{ id: 'k', code: 'missing', raw: good('key') }])
    const before = await one.call.keys.list({ org: one.at.org })
    await one.call.ingestion.replay(one.at)
    expect(await one.call.keys.list({ org: one.at.org })).toEqual(before)
  })

  it('says so when the collector is away, and leaves everything open', async () => {
    const one = await own()
    await letters(one, [{ id: 'a', code: 'missing', raw: good('away') }])
    setEnv({ COLLECTOR_URL: 'http://127.0.0.1:9' })
    try {
      await expect(one.call.ingestion.replay(one.at)).rejects.toThrow(/collector at http:\/\/127\.0\.0\.1:9 does not/)
    } finally {
      setEnv({ COLLECTOR_URL: collector.url })
    }
    expect((await one.call.events.rejected({ ...one.at, state: 'open' })).total).toBe(1)
  })

  it('is for those who may write events', async () => {
    const { tenant, at } = await own()
    const analyst = caller(requestOf(tenant.users.analyst))
    await expect(analyst.ingestion.replay(at)).rejects.toThrow(/events:write/)
    await expect(analyst.ingestion.overview(at)).resolves.toBeDefined()
  })
})
