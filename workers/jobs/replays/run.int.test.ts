import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { discardReplay, getReplay, replayComparison } from '#server/modules/attribution/replay/service.ts'
import { click, DAY, decisionsOf, HOUR, NOW } from '#workers/attributor/testing/world.ts'
import { clearReplays } from './index.ts'
import { EXPECTED, ONE_DAY, whatIfs } from './testing/what-ifs.ts'

const stores = useStores()
const { appWithInstalls, start, run, comparison, flowsOf, rowsOf } = whatIfs(stores, replayComparison)

describe('a what-if over stored installs', () => {
  let of: Awaited<ReturnType<typeof appWithInstalls>>
  beforeAll(async () => {
    of = await appWithInstalls()
  })

  it('with the settings in force moves nothing', async () => {
    const { id } = await start(of)
    expect(await run()).toMatchObject({ moved: 0, movedCampaign: 0 })
    expect(await comparison(of, id)).toMatchObject({ installs: 45, unchangedShare: 1 })
  })

  it('with a 1-day click window moves what lies beyond it, to the view or to organic', async () => {
    const { id } = await start(of, ONE_DAY)
    expect(await run()).toMatchObject({ moved: 30 })
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  })

  it('gives the same result in slices of whatever size', async () => {
    const { id } = await start(of, ONE_DAY)
    const slices: number[] = []
    await run({ sliceInstalls: 4, onSlice: ({ installs }) => void slices.push(installs) })
    expect(slices.length).toBeGreaterThan(10)
    expect(slices.at(-1)).toBe(45)
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  })

  it('looks at the installs of the period only, with days in the app’s zone', async () => {
    const { id } = await start(of, ONE_DAY, { from: '2026-10-10', to: '2026-10-11' })
    await run()
    // The first install is at 12:00 UTC on 10 October, one every hour.
    expect(await comparison(of, id)).toMatchObject({ installs: 12 })
  })

  it('counts the revenue of the devices in the reporting currency, and names currencies without a rate', async () => {
    const of = await appWithInstalls()
    const paid = (device: number, more: Record<string, string | number>) =>
      eventRow({
        org_id: of.app.orgId,
        app_id: of.app.appId,
        event_id: randomUUID(),
        device_id: of.device(device),
        ...more,
      })
    await insertRows(stores.clickhouse, 'events', [
      paid(0, { revenue: 10, currency: 'USD' }),
      paid(1, { revenue: 5, currency: 'EUR' }),
      paid(2, { revenue: 7, currency: 'JPY' }),
    ])
    const rate = {
      org_id: of.app.orgId,
      base: 'EUR',
      quote: 'USD',
      day: '2026-10-25',
      rate: 2,
      imported_at: '2026-10-25T00:00:00Z',
    }
    await insertRows(stores.clickhouse, 'exchange_rates', [rate])
    const { id } = await start(of, ONE_DAY)
    await run()
    const { revenue, movedRevenue, sources, currenciesWithoutRate } = await comparison(of, id)
    expect({ revenue, movedRevenue, currenciesWithoutRate }).toEqual({
      revenue: 20,
      movedRevenue: 20,
      currenciesWithoutRate: ['JPY'],
    })
    expect(sources.find(({ mediaSource }) => mediaSource === 'tiktok_ads')).toMatchObject({
      before: { revenue: 0 },
      after: { revenue: 20 },
    })
  })

  it('leaves the decisions as they are', async () => {
    const before = await decisionsOf(stores.clickhouse, of.app)
    await start(of, ONE_DAY)
    await run()
    expect(await decisionsOf(stores.clickhouse, of.app)).toEqual(before)
  })
})

describe('a period without installs', () => {
  it.each([
    ['before the first one', { from: '2026-09-01', to: '2026-09-02' }],
    ['in the future', { from: '2098-01-01', to: '2098-02-01' }],
  ])('%s ends well, with nothing to compare', async (_, period) => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY, period)
    expect(await run()).toMatchObject({ moved: 0, movedCampaign: 0 })
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'done', installsTotal: 0, installsDone: 0 })
    expect(await comparison(of, id)).toMatchObject({ installs: 0, unchangedShare: null, sources: [], flows: [] })
  })
})

it('a discarded what-if is gone from the list and its rows are removed', async () => {
  const of = await appWithInstalls()
  const { id } = await start(of)
  await run()
  expect((await rowsOf(id))[0]).toBe(45)
  await discardReplay(of.app, id)
  await expect(getReplay(of.app, id)).rejects.toThrow('no such what-if')
  await clearReplays(stores.clickhouse)
  expect(await rowsOf(id)).toEqual([0, 0])
})

it('another tenant has no part in a what-if, though devices, clicks and keys have the same names', async () => {
  const of = await appWithInstalls()
  const other = await appWithInstalls()
  const time = NOW - 10 * DAY
  await other.world.load(other.app, [
    click(`foreign-${other.app.appId}`, time - HOUR, { advertising_id: 'gaid-000', media_source: 'foreign_ads' }),
  ])
  const { id } = await start(of, ONE_DAY)
  await run()
  expect(await flowsOf(of, id)).toEqual(EXPECTED)
  await expect(comparison(other, id)).rejects.toThrow('no such what-if')
})
