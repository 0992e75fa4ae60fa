import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decisionRow, eventRow, insertRows, touchpointRow } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type TenantScope, wholeOrganization } from '#server/tenancy/index.ts'
import { METRIC_NAMES, type ReportRequest, runReport, TenantQuery } from './index.ts'

const stores = useStores()
const A = { org_id: 'org_a', app_id: 'app_a' }
const B = { org_id: 'org_b', app_id: 'app_b' }
const scopeA: TenantScope = { ...wholeOrganization('org_a' as OrgId), apps: ['app_a' as AppId] }
const scopeB: TenantScope = { ...wholeOrganization('org_b' as OrgId), apps: ['app_b' as AppId] }

const base: ReportRequest = {
  from: '2026-10-24',
  to: '2026-10-27',
  timezone: 'Europe/Berlin',
  today: '2026-10-27',
  metrics: METRIC_NAMES,
  dimensions: [],
  filters: [],
  orderBy: [],
  limit: 100,
  currency: 'EUR',
}
const report = (request: Partial<ReportRequest>, scope = scopeA) =>
  runReport(new TenantQuery(scope), { ...base, ...request }, { surface: 'test' })

beforeAll(async () => {
  const click = (id: string, time: string, more = {}) =>
    touchpointRow({ ...A, touchpoint_id: id, touchpoint_time: time, ...more })
  const view = { touchpoint_type: 'view' }
  const video = { media_source: 'video_net', campaign: 'c2' }
  await insertRows(stores.clickhouse, 'touchpoints', [
    click('t1', '2026-10-24T10:00:00.000Z'),
    click('t2', '2026-10-24T22:30:00.000Z'),
    click('t3', '2026-10-24T10:00:00.000Z', view),
    click('t4', '2026-10-24T10:00:00.000Z', view),
    click('t5', '2026-10-24T10:00:00.000Z', { ...view, ...video }),
    click('t6', '2026-10-24T10:00:00.000Z', view),
    click('t7', '2026-10-26T11:00:00.000Z', video),
    // 23:59 on the 23rd and 00:00 on the 27th in Berlin: outside on both ends.
    click('t8', '2026-10-23T21:59:00.000Z'),
    click('t9', '2026-10-26T23:00:00.000Z'),
    touchpointRow({ ...B, touchpoint_id: 't1', touchpoint_time: '2026-10-24T10:00:00.000Z', media_source: 'b_net' }),
  ])
  const won = { outcome: 'attributed', media_source: 'ads_net', campaign: 'c1', match_type: 'click_id' }
  const decision = (device_id: string, install_time: string, more = {}) =>
    decisionRow({ ...A, device_id, install_time, ...more })
  await insertRows(stores.clickhouse, 'decisions', [
    decision('d1', '2026-10-24T11:00:00.000Z'),
    decision('d1', '2026-10-24T11:00:00.000Z', { version: 2, ...won }),
    // 02:30 twice that night: summer time, then winter time.
    decision('d2', '2026-10-25T00:30:00.000Z', won),
    decision('d3', '2026-10-25T01:30:00.000Z'),
    decision('d4', '2026-10-26T12:00:00.000Z', { ...won, ...video, match_type: 'device_id' }),
    decision('d5', '2026-10-26T12:10:00.000Z', { ...won, ...video, conversion_type: 'reinstall' }),
    decision('d6', '2026-10-25T12:00:00.000Z', { environment: 'sandbox' }),
    decision('d7', '2026-10-26T23:30:00.000Z', won),
    decision('d7', '2026-10-26T23:30:00.000Z', { version: 2 }),
    decisionRow({ ...B, device_id: 'd1', ...won, media_source: 'b_net', version: 9 }),
  ])
  let n = 0
  const event = (event_name: string, device_id: string, event_time: string, more = {}) =>
    eventRow({ ...A, event_id: `e${++n}`, event_name, device_id, event_time, ...more })
  await insertRows(stores.clickhouse, 'events', [
    event('install', 'd1', '2026-10-24T11:00:00.000Z'),
    event('install', 'd2', '2026-10-25T00:30:00.000Z'),
    event('install', 'd3', '2026-10-25T01:30:00.000Z'),
    event('install', 'd4', '2026-10-26T12:00:00.000Z'),
    event('install', 'd5', '2026-10-26T12:10:00.000Z'),
    event('install', 'd6', '2026-10-25T12:00:00.000Z', { environment: 'sandbox' }),
    event('session_start', 'd1', '2026-10-24T11:01:00.000Z'),
    event('session_start', 'd1', '2026-10-25T09:00:00.000Z'),
    event('session_start', 'd2', '2026-10-26T09:00:00.000Z'),
    event('session_start', 'd3', '2026-10-25T20:00:00.000Z'),
    event('purchase', 'd1', '2026-10-25T10:00:00.000Z', { revenue: 10.1, currency: 'EUR' }),
    event('purchase', 'd1', '2026-10-25T11:00:00.000Z', { revenue: 0.2, currency: 'EUR' }),
    event('purchase', 'd2', '2026-10-26T10:00:00.000Z', { revenue: 20, currency: 'USD', country: 'US' }),
    event('purchase', 'd3', '2026-10-25T10:00:00.000Z', { revenue: 5, currency: 'GBP' }),
    event('purchase', 'd8', '2026-10-25T10:00:00.000Z', { revenue: 1, currency: 'EUR' }),
    event('purchase', 'd6', '2026-10-25T10:00:00.000Z', { revenue: 99, currency: 'EUR', environment: 'sandbox' }),
    event('reengagement', 'd4', '2026-10-26T13:00:00.000Z'),
    // A day later than the base range: an amount whose currency nobody has a rate for, and one whose rate is too old.
    event('purchase', 'd1', '2026-10-27T10:00:00.000Z', { revenue: 300, currency: 'JPY' }),
    event('purchase', 'd3', '2026-11-03T10:00:00.000Z', { revenue: 1, currency: 'USD' }),
    eventRow({ ...B, event_id: 'e1', device_id: 'd1', revenue: 1000, currency: 'EUR' }),
  ])
  const comeback = (version: number, outcome: string, more = {}) => ({
    ...A,
    device_id: 'd4',
    conversion_id: 'c1',
    conversion_time: '2026-10-26T13:00:00.000Z',
    decided_at: '2026-10-26T13:00:02.000Z',
    environment: 'production',
    media_source: 'ads_net',
    version,
    outcome,
    ...more,
  })
  await insertRows(stores.clickhouse, 'reengagements', [
    comeback(1, 'organic'),
    comeback(2, 'attributed', { media_source: 'retargeter' }),
    comeback(1, 'attributed', { conversion_id: 'taken back' }),
    comeback(2, 'organic', { conversion_id: 'taken back', media_source: 'organic' }),
    comeback(1, 'attributed', { conversion_id: 'sandbox', environment: 'sandbox' }),
    { ...comeback(1, 'attributed'), ...B },
  ])
  const rate = (baseCurrency: string, quote: string, day: string, value: number, org_id = 'org_a') => ({
    org_id,
    base: baseCurrency,
    quote,
    day,
    rate: value,
    imported_at: '2026-10-27T00:00:00.000Z',
  })
  await insertRows(stores.clickhouse, 'exchange_rates', [
    rate('EUR', 'USD', '2026-10-23', 1.25),
    rate('EUR', 'USD', '2026-10-20', 2),
    rate('USD', 'GBP', '2026-10-24', 0.8),
    rate('EUR', 'JPY', '2026-10-20', 150, 'org_b'),
  ])
  const cost = (day: string, amount: number, currency: string, imported_at: string) => ({
    ...A,
    day,
    media_source: 'ads_net',
    campaign: 'c1',
    cost: amount,
    currency,
    imported_at,
  })
  await insertRows(stores.clickhouse, 'costs', [
    cost('2026-10-25', 10, 'USD', '2026-10-26T00:00:00.000Z'),
    cost('2026-10-25', 12.5, 'USD', '2026-10-27T00:00:00.000Z'),
    cost('2026-10-26', 5, 'EUR', '2026-10-27T00:00:00.000Z'),
  ])
})

describe('the report query', () => {
  it('gives every metric the number worked out by hand', async () => {
    const { rows, gaps } = await report({})
    expect(rows).toEqual([
      {
        clicks: 3,
        views: 4,
        installs: 4,
        attributed_installs: 3,
        organic_installs: 1,
        reinstalls: 1,
        reengagements: 1,
        sessions: 4,
        events: 15,
        unique_devices: 6,
        // 10.10 + 0.20 + 20 USD / 1.25 + 5 GBP / 0.8 / 1.25 + 1
        revenue: 32.3,
        attributed_revenue: 26.3,
        // the second import of 12.5 USD / 1.25, and 5
        cost: 15,
        cpi: 5,
        ecpi: 3.75,
        roas: 26.3 / 15,
        ctr: 0.75,
        conversion_rate: 1,
        // d1 and d2 of d1, d2, d3; d4's day 1 is not over
        retention_d1: 2 / 3,
        retention_d7: null,
        retention_d30: null,
        arpu: expect.closeTo(32.3 / 6, 9),
      },
    ])
    expect(gaps.currencies).toEqual({ revenue: [], attributed_revenue: [], cost: [] })
  })

  it('gives the same over a whole organization as over its only app', async () => {
    const ask = {
      dimensions: ['media_source'] as const,
      orderBy: [{ field: 'media_source', direction: 'asc' }] as const,
    }
    const whole = await report(ask, wholeOrganization('org_a' as OrgId))
    expect(whole.rows).toEqual((await report(ask)).rows)
    // Organic, two that brought installs, and one that brought a device back.
    expect(whole.rows).toHaveLength(4)
  })

  it('ends a query whose caller has gone, without calling it a failure', async () => {
    const signal = AbortSignal.timeout(30)
    const slow = new TenantQuery(scopeA).rows(
      'select sleepEachRow(0.1) as pause from numbers(50) settings max_block_size = 1',
      z.unknown(),
      { surface: 'test', signal },
    )
    await expect(slow).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('cancelled') })
  })

  it('credits events to the current decision and shows organic under its own name', async () => {
    const { rows, gaps } = await report({
      dimensions: ['media_source'],
      metrics: ['installs', 'events', 'revenue', 'cost'],
      orderBy: [{ field: 'media_source', direction: 'asc' }],
    })
    expect(rows).toEqual([
      { media_source: 'ads_net', installs: 2, events: 8, revenue: 26.3, cost: 15 },
      { media_source: 'organic', installs: 1, events: 4, revenue: 6, cost: null },
      { media_source: 'video_net', installs: 1, events: 3, revenue: 0, cost: null },
    ])
    expect(gaps.withoutCosts).toBe(true)
  })

  it('keeps the two hours of a night in autumn apart and in order', async () => {
    const { rows } = await report({ dimensions: ['hour'], metrics: ['installs'] })
    expect(rows.filter((row) => row.installs !== 0)).toEqual([
      { hour: '2026-10-24T13:00:00+02:00', installs: 1 },
      { hour: '2026-10-25T02:00:00+02:00', installs: 1 },
      { hour: '2026-10-25T02:00:00+01:00', installs: 1 },
      { hour: '2026-10-26T13:00:00+01:00', installs: 1 },
    ])
  })

  it('begins days at midnight of the asked zone', async () => {
    const days = async (timezone: string) =>
      (await report({ timezone, dimensions: ['date'], metrics: ['clicks'] })).rows
    expect(await days('Europe/Berlin')).toEqual([
      { date: '2026-10-24', clicks: 1 },
      { date: '2026-10-25', clicks: 1 },
      { date: '2026-10-26', clicks: 1 },
    ])
    expect(await days('UTC')).toEqual([
      { date: '2026-10-24', clicks: 2 },
      { date: '2026-10-26', clicks: 2 },
    ])
  })

  it('makes a sum with an amount of unknown rate null and names the currency', async () => {
    const jpy = await report({ to: '2026-10-28', dimensions: ['date'], metrics: ['revenue', 'arpu'] })
    expect(jpy.rows.at(-1)).toEqual({ date: '2026-10-27', revenue: null, arpu: null })
    expect(jpy.rows.at(-2)).toMatchObject({ date: '2026-10-26', revenue: 16 })
    expect(jpy.gaps.currencies.revenue).toEqual(['JPY'])
    const old = await report({ from: '2026-11-03', to: '2026-11-04', metrics: ['revenue'] })
    expect(old.rows).toEqual([{ revenue: null }])
    expect(old.gaps.currencies.revenue).toEqual(['USD'])
  })

  it('leaves a metric null and says why when its rows lack the dimension', async () => {
    const { rows, gaps } = await report({ dimensions: ['event_name'], metrics: ['events', 'clicks'] })
    expect(rows[0]).toEqual({ event_name: 'install', events: 5, clicks: null })
    expect(gaps.unavailable).toEqual([{ metric: 'clicks', dimensions: ['event_name'] }])
  })

  it('takes filter values as data, whatever they contain', async () => {
    const nasty = `'; drop table events; -- \\' {p1:String} \n\t☃ " \` $x$`
    await insertRows(stores.clickhouse, 'touchpoints', [
      touchpointRow({ ...A, touchpoint_id: 'nasty', media_source: nasty, touchpoint_time: '2026-12-01T10:00:00.000Z' }),
    ])
    const december = { from: '2026-12-01', to: '2026-12-02', metrics: ['clicks'] as const }
    for (const operator of ['eq', 'in', 'contains'] as const) {
      const { rows } = await report({
        ...december,
        dimensions: ['media_source'],
        filters: [{ dimension: 'media_source', operator, values: [nasty] }],
      })
      expect(rows, operator).toEqual([{ media_source: nasty, clicks: 1 }])
    }
    for (const operator of ['neq', 'not_in'] as const) {
      const { rows } = await report({
        ...december,
        filters: [{ dimension: 'media_source', operator, values: [nasty] }],
      })
      expect(rows, operator).toEqual([{ clicks: 0 }])
    }
    const withNul = [{ dimension: 'campaign', operator: 'eq', values: ['a\0b'] }] as const
    await expect(report({ filters: withNul, metrics: ['clicks'] })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('compares versions piece by piece and dates as dates', async () => {
    await insertRows(
      stores.clickhouse,
      'events',
      ['9.2', '10.0', '10.1'].map((app_version) =>
        eventRow({ ...A, event_id: app_version, device_id: 'v', app_version, event_time: '2026-12-05T10:00:00.000Z' }),
      ),
    )
    const of = async (operator: 'gt' | 'lt', dimension: 'app_version' | 'date', value: string) =>
      (
        await report({
          from: '2026-12-05',
          to: '2026-12-06',
          metrics: ['events'],
          filters: [{ dimension, operator, values: [value] }],
        })
      ).rows[0]?.events
    expect(await of('gt', 'app_version', '9.10')).toBe(2)
    expect(await of('lt', 'app_version', '10.0')).toBe(1)
    expect(await of('gt', 'date', '2026-12-04')).toBe(3)
    expect(await of('lt', 'date', '2026-12-05')).toBe(0)
  })

  it('shows another tenant nothing of it, with the same app, device and event ids', async () => {
    const { rows } = await report({ metrics: ['clicks', 'installs', 'events', 'revenue', 'cost'] }, scopeB)
    expect(rows).toEqual([{ clicks: 1, installs: 1, events: 1, revenue: 1000, cost: null }])
    const mixed = await report(
      { metrics: ['clicks', 'installs', 'events', 'revenue', 'cost'] },
      { ...scopeA, orgId: 'org_b' as OrgId },
    )
    expect(mixed.rows).toEqual([{ clicks: 0, installs: 0, events: 0, revenue: 0, cost: null }])
  })

  it('shows a scope of media sources those sources only, by the current decision', async () => {
    const scope: TenantScope = { ...scopeA, mediaSources: ['ads_net'] }
    const { rows } = await report({ metrics: ['clicks', 'installs', 'organic_installs', 'events', 'cost'] }, scope)
    expect(rows).toEqual([{ clicks: 2, installs: 2, organic_installs: 0, events: 8, cost: 15 }])
  })

  it('follows a decision that changes, and counts the install once', async () => {
    const ask = { from: '2026-12-10', to: '2026-12-11', dimensions: ['media_source'], metrics: ['installs'] } as const
    const at = { ...A, device_id: 'late', install_time: '2026-12-10T10:00:00.000Z' }
    await insertRows(stores.clickhouse, 'decisions', [decisionRow(at)])
    expect((await report(ask)).rows).toEqual([{ media_source: 'organic', installs: 1 }])
    const again = decisionRow({ ...at, version: 2, outcome: 'attributed', media_source: 'ads_net' })
    await insertRows(stores.clickhouse, 'decisions', [again])
    await insertRows(stores.clickhouse, 'decisions', [again])
    expect((await report(ask)).rows).toEqual([{ media_source: 'ads_net', installs: 1 }])
  })
})
