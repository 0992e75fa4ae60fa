import { beforeAll, describe, expect, it } from 'vitest'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { WHOLE_INSERT } from '#server/stores/clickhouse/insert-settings.ts'
import { type TenantScope, wholeOrganization } from '#server/tenancy/index.ts'
import { type Filter, type Metric, type ReportRequest, runReport, TenantQuery } from './index.ts'
import { planReport } from './report.ts'

const stores = useStores()
const whole: TenantScope = wholeOrganization('org_a' as OrgId)
const oneApp: TenantScope = { ...whole, apps: ['app_1' as AppId] }

const base: ReportRequest = {
  from: '2026-10-03',
  to: '2026-10-06',
  timezone: 'UTC',
  today: '2026-11-01',
  metrics: ['events', 'sessions', 'revenue'],
  dimensions: [],
  filters: [],
  orderBy: [],
  limit: 10_000,
  currency: 'EUR',
}
/** True of every row, but only the events themselves can tell. */
const FROM_EVENTS: Filter = { dimension: 'app_version', operator: 'neq', values: ['never'] }

const planned = (request: Partial<ReportRequest>, scope = oneApp) =>
  planReport(new TenantQuery(scope), { ...base, ...request }).sql ?? ''
const report = (request: Partial<ReportRequest>, scope: TenantScope) =>
  runReport(new TenantQuery(scope), { ...base, ...request }, { surface: 'test' })

/** Numbers from 0 to 1 that are the same in every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

const HOUR = 3_600_000
const START = Date.parse('2026-10-01T00:00:00Z')

beforeAll(async () => {
  const next = random(7)
  const one = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const time = () => {
    const any = START + Math.floor(next() * 8 * 24 * HOUR)
    // Many stand exactly on a quarter's edge, or a millisecond before it.
    const edge = any - (any % (HOUR / 4))
    return one([any, any, edge, edge - 1])
  }
  const rows = Array.from({ length: 6_000 }, (_, n) => {
    const at = time()
    const late = next() < 0.1
    return eventRow({
      org_id: one(['org_a', 'org_a', 'org_b']),
      app_id: one(['app_1', 'app_2']),
      event_id: `e${n}`,
      device_id: `d${n % 97}`,
      event_name: one(['session_start', 'reengagement', 'purchase', 'rare thing']),
      event_time: new Date(at).toISOString(),
      received_at: new Date(at + (late ? 40 * 24 * HOUR : 1_000)).toISOString(),
      is_late: late,
      environment: one(['production', 'production', 'sandbox']),
      platform: one(['ios', 'android', 'web']),
      country: one(['DE', 'US', 'NP', '']),
      revenue: one([null, null, 0, 1.99, 0.000001, -1.99, 12345.678901]),
      // Few in a currency without a rate: the groups they are in have no sum.
      currency: n % 1_500 === 7 ? 'XXX' : one(['EUR', 'USD']),
    })
  })
  for (let from = 0; from < rows.length; from += 1_000) {
    const batch = rows.slice(from, from + 1_000)
    // Each batch twice under its token, as a loader does that was killed before it knew.
    for (let round = 0; round < 2; round += 1) {
      await stores.clickhouse.insert({
        table: 'events',
        values: batch,
        format: 'JSONEachRow',
        clickhouse_settings: {
          ...WHOLE_INSERT,
          insert_deduplication_token: `batch ${from}`,
          date_time_input_format: 'best_effort',
        },
      })
    }
  }
  await insertRows(
    stores.clickhouse,
    'exchange_rates',
    ['2026-10-01', '2026-10-04'].map((day, i) => ({
      org_id: 'org_a',
      base: 'USD',
      quote: 'EUR',
      day,
      rate: 0.9 + i / 100,
      imported_at: '2026-10-10T00:00:00.000Z',
    })),
  )
})

describe('a report from the rollup', () => {
  const ZONES = [
    'UTC',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Pacific/Chatham',
    // The offset changes by half an hour in the range: 2026-10-04.
    'Australia/Lord_Howe',
    'America/St_Johns',
  ]
  const BREAKDOWNS: ReportRequest['dimensions'][] = [
    [],
    ['date'],
    ['hour'],
    ['country', 'event_name'],
    ['date', 'platform'],
  ]
  it.each(ZONES)('says the same as one from the events in %s', async (timezone) => {
    for (const [i, dimensions] of BREAKDOWNS.entries()) {
      const ask = { timezone, dimensions, orderBy: dimensions.map((field) => ({ field, direction: 'asc' as const })) }
      const scope = i % 2 === 0 ? oneApp : whole
      const rolled = await report(ask, scope)
      const read = await report({ ...ask, filters: [FROM_EVENTS] }, scope)
      expect(rolled, `${dimensions}`).toEqual({ ...read, rows: read.rows.map(closeTo) })
      expect(read.rows.length).toBeGreaterThan(dimensions.length === 0 ? 0 : 2)
      if (dimensions.length > 0) expect(read.rows.some(({ revenue }) => Number(revenue) > 0)).toBe(true)
    }
  })

  it.each<[string, Filter[], Metric[]]>([
    ['a country', [{ dimension: 'country', operator: 'in', values: ['DE', ''] }], ['events', 'revenue']],
    ['an event', [{ dimension: 'event_name', operator: 'contains', values: ['RARE'] }], ['events', 'sessions']],
    ['a day', [{ dimension: 'date', operator: 'gt', values: ['2026-10-03'] }], ['sessions', 'revenue']],
    ['nothing that is there', [{ dimension: 'platform', operator: 'eq', values: ['tv'] }], ['events', 'revenue']],
  ])('says the same where it is filtered by %s', async (_, filters, metrics) => {
    const ask = { timezone: 'Asia/Kathmandu', dimensions: ['date', 'country'] as const, metrics }
    const order = { orderBy: ask.dimensions.map((field) => ({ field, direction: 'asc' as const })) }
    const rolled = await report({ ...ask, ...order, filters }, whole)
    const read = await report({ ...ask, ...order, filters: [...filters, FROM_EVENTS] }, whole)
    expect(rolled).toEqual({ ...read, rows: read.rows.map(closeTo) })
  })

  it('leaves out a group of which corrections left nothing', async () => {
    const group = { ...base, dimensions: ['event_name'] as const, metrics: ['sessions', 'revenue'] as const }
    const before = await report(group, whole)
    const row = `'org_a', 'app_1', 'production', '2026-10-04 10:00:00', 'gone', 'ios', 'DE', 'EUR', '2026-10-04'`
    await stores.clickhouse.command({
      query: `insert into events_15m values (${row}, 3, 0, 1, 5), (${row}, -3, 0, -1, -5)`,
    })
    expect(await report(group, whole)).toEqual(before)
  })
})

/** Sums of floating point numbers differ in their last digits by the order they are added in. */
function closeTo(row: Awaited<ReturnType<typeof report>>['rows'][number]) {
  return typeof row.revenue === 'number' ? { ...row, revenue: expect.closeTo(row.revenue, 4) } : row
}

describe('which rows a report reads', () => {
  it('is the rollup and nothing else where that holds what is asked', () => {
    for (const dimensions of [[], ['date'], ['hour', 'country'], ['platform', 'event_name']] as const) {
      const sql = planned({ dimensions })
      expect(sql).toContain(' from events_15m where ')
      expect(sql).not.toContain(' from events where ')
    }
  })

  it.each<[string, Partial<ReportRequest>, TenantScope]>([
    ['devices are counted', { metrics: ['unique_devices'] }, oneApp],
    ['the source is asked for', { dimensions: ['media_source'] }, oneApp],
    ['versions are filtered', { filters: [FROM_EVENTS] }, oneApp],
    ['revenue is split by source', { metrics: ['roas'] }, oneApp],
    ['the scope sees some sources only', {}, { ...oneApp, mediaSources: ['ads_net'] }],
    ['offsets were no quarters of an hour yet', { from: '1979-01-01' }, oneApp],
  ])('is the events where %s', (_, request, scope) => {
    const sql = planned(request, scope)
    expect(sql).toContain(' from events where ')
    expect(sql).not.toContain(' from events_15m where ')
  })
})
