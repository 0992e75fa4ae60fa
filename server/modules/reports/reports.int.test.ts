import { beforeAll, describe, expect, it } from 'vitest'
import { decisionRow, eventRow, insertRows, touchpointRow } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, type TestTenant } from '#e2e/fixtures/tenant.ts'

const stores = useStores()
let one: TestTenant
let two: TestTenant
const range = { from: '2026-10-01', to: '2026-10-08' }

beforeAll(async () => {
  one = await makeTenant(stores, 'Reports One', { timezone: 'America/New_York', currency: 'EUR' })
  two = await makeTenant(stores, 'Reports Two')
  const a = { org_id: one.orgId, app_id: one.appId }
  const click = (touchpoint_id: string, touchpoint_time: string) =>
    touchpointRow({ ...a, touchpoint_id, touchpoint_time })
  await insertRows(stores.clickhouse, 'touchpoints', [
    click('1', '2026-10-02T12:00:00.000Z'),
    // 23:30 on 30 September in New York: the previous week.
    click('2', '2026-10-01T03:30:00.000Z'),
    click('3', '2026-09-25T12:00:00.000Z'),
  ])
  await insertRows(stores.clickhouse, 'decisions', [
    decisionRow({ ...a, device_id: 'd1', install_time: '2026-10-02T13:00:00.000Z' }),
  ])
  await insertRows(stores.clickhouse, 'events', [
    eventRow({
      ...a,
      event_id: 'e1',
      device_id: 'd1',
      event_time: '2026-10-02T14:00:00.000Z',
      revenue: 2,
      currency: 'USD',
    }),
    eventRow({
      ...a,
      event_id: 'e2',
      device_id: 'd1',
      event_time: '2026-10-03T14:00:00.000Z',
      revenue: 3,
      currency: 'EUR',
    }),
  ])
})

describe('reports.query', () => {
  it('answers rows, totals and the previous period of equal length in the app’s zone', async () => {
    const report = await one.caller.reports.query({
      ...one,
      ...range,
      metrics: ['clicks', 'installs', 'unique_devices'],
      dimensions: ['date'],
      compare: 'previous',
    })
    expect(report.rows).toEqual([
      { date: '2026-10-02', clicks: 1, installs: 1, unique_devices: 1 },
      { date: '2026-10-03', clicks: 0, installs: 0, unique_devices: 1 },
    ])
    expect(report.totals).toEqual({ clicks: 1, installs: 1, unique_devices: 1 })
    expect(report.previousTotals).toEqual({ clicks: 2, installs: 0, unique_devices: 0 })
    expect(report.meta).toMatchObject({ currency: 'EUR', timezone: 'America/New_York', missing: [], truncated: false })
    expect(report.meta.dates).toHaveLength(7)
    expect(report.meta.dates?.at(-1)).toBe('2026-10-07')
  })

  it('shows revenue without a rate as missing until the rate is imported', async () => {
    const ask = { ...one, ...range, metrics: ['revenue' as const], dimensions: ['date' as const] }
    const before = await one.caller.reports.query(ask)
    expect(before.rows).toEqual([
      { date: '2026-10-02', revenue: null },
      { date: '2026-10-03', revenue: 3 },
    ])
    expect(before.totals).toEqual({ revenue: null })
    expect(before.meta.missing).toEqual([
      {
        metric: 'revenue',
        reason: 'no_exchange_rate',
        currencies: ['USD'],
        partial: true,
        message: expect.stringContaining('USD'),
      },
    ])
    const done = await one.caller.rates.import({
      org: one.org,
      csv: 'Day;Base;Quote;Rate\n2026-10-01;EUR;USD;1.25\n2026-10-01;EUR;usd;1.6\n2026-13-01;EUR;USD;1\n2026-10-01;EUR;XQZ;1\n',
    })
    expect(done).toEqual({
      accepted: 1,
      duplicates: 1,
      rejected: [
        { line: 4, field: 'day', message: expect.any(String) },
        { line: 5, field: 'quote', message: expect.stringContaining('ISO 4217') },
      ],
    })
    expect(await one.caller.rates.list({ org: one.org })).toEqual({
      rows: [{ base: 'EUR', quote: 'USD', day: '2026-10-01', rate: 1.6 }],
      latestDay: '2026-10-01',
    })
    const after = await one.caller.reports.query(ask)
    expect(after.totals).toEqual({ revenue: 4.25 })
    expect(after.meta.missing).toEqual([])
  })

  it('shows cost as missing until it is imported, and a later import replaces an earlier one', async () => {
    const ask = { ...one, ...range, metrics: ['cost' as const, 'cpi' as const] }
    const before = await one.caller.reports.query(ask)
    expect(before.totals).toEqual({ cost: null, cpi: null })
    expect(before.meta.missing.map(({ metric, reason }) => [metric, reason])).toEqual([
      ['cost', 'no_costs_imported'],
      ['cpi', 'no_costs_imported'],
    ])
    const header = 'day,media_source,campaign,cost,currency\n'
    await one.caller.costs.import({ ...one, csv: `${header}2026-10-02,ads_net,"a, ""b""",99,EUR` })
    const done = await one.caller.costs.import({
      ...one,
      csv: `${header}2026-10-02,ads_net,"a, ""b""",0.1,EUR\n2026-10-03,ads_net,c,0.2,EUR\n2026-10-03,ads_net,c,1e3,EUR\n2026-10-03,,c,1,EUR\n`,
    })
    expect(done).toMatchObject({
      accepted: 2,
      rejected: [
        { line: 4, field: 'cost' },
        { line: 5, field: 'media_source' },
      ],
    })
    const after = await one.caller.reports.query(ask)
    expect(after.totals).toEqual({ cost: 0.3, cpi: null })
    const noHeader = one.caller.costs.import({ ...one, csv: 'day,campaign\n2026-10-01,c' })
    await expect(noHeader).rejects.toThrow(/lacks media_source, cost, currency/)
  })

  it('names the field of a question that cannot be answered', async () => {
    const ask = (more: object) => one.caller.reports.query({ ...one, ...range, metrics: ['clicks'], ...more })
    await expect(ask({ to: '2026-10-01' })).rejects.toThrow(/later day/)
    await expect(ask({ to: '2036-10-01' })).rejects.toThrow(/at most 732/)
    await expect(ask({ from: '2026-02-30' })).rejects.toThrow(/no day 2026-02-30/)
    await expect(ask({ metrics: ['nonsense'] })).rejects.toThrow(/no metric/)
    await expect(ask({ dimensions: ['password'] })).rejects.toThrow(/no dimension/)
    await expect(ask({ timezone: 'Mars/Base' })).rejects.toThrow(/time zone/)
    await expect(ask({ orderBy: [{ field: 'revenue', direction: 'asc' }] })).rejects.toThrow(/does not contain/)
    await expect(ask({ filters: [{ dimension: 'campaign', operator: 'in', value: 'c' }] })).rejects.toThrow(/list/)
  })

  it('lists values for filter menus, most frequent first, from its own tenant only', async () => {
    const ask = { ...range, dimension: 'media_source' as const }
    expect(await one.caller.reports.dimensionValues({ ...one, ...ask })).toEqual(['ads_net', 'organic'])
    expect(await one.caller.reports.dimensionValues({ ...one, ...ask, search: 'ORG' })).toEqual(['organic'])
    expect(await two.caller.reports.dimensionValues({ ...two, ...ask })).toEqual([])
    expect(await one.caller.reports.dimensionValues({ ...one, ...range, dimension: 'event_name' })).toEqual([
      'purchase',
    ])
  })

  it('does not know another tenant’s app, and shows a second tenant nothing', async () => {
    const ask = { ...range, metrics: ['clicks' as const, 'revenue' as const] }
    await expect(two.caller.reports.query({ ...ask, org: one.org, app: one.app })).rejects.toThrow(
      /no such organization/,
    )
    await expect(two.caller.reports.query({ ...ask, org: two.org, app: one.app })).rejects.toThrow(/no such app/)
    expect((await two.caller.reports.query({ ...two, ...ask })).totals).toEqual({ clicks: 0, revenue: 0 })
    expect(await two.caller.rates.list({ org: two.org })).toEqual({ rows: [], latestDay: null })
  })

  it('explains every metric and dimension', async () => {
    const { metrics, dimensions } = await one.caller.reports.catalogue({ org: one.org })
    expect(metrics.length).toBeGreaterThanOrEqual(20)
    for (const entry of [...metrics, ...dimensions]) {
      expect(entry.title).not.toBe('')
      expect(entry.description.length).toBeGreaterThan(10)
    }
  })
})
