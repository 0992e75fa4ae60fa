import { describe, expect, it } from 'vitest'
import { useStores } from '../../e2e/fixtures/stores.ts'
import { click, DAY, decisionsOf, HOUR, install, NOW, outcomesOf, type Row, tenant, World } from './testing/world.ts'

const stores = useStores()
const referrer = (id: string) => ({ install_referrer: `click_id=${id}&utm_source=google_ads` })
const current = async (of: ReturnType<typeof tenant>) => (await decisionsOf(stores.clickhouse, of)).at(-1)

describe('an install referrer that arrives in a second event', () => {
  it('decides the install again; it stays the install of the first event', async () => {
    const of = tenant('second-event')
    const world = new World(stores.clickhouse, 'log-second-event')
    await world.load(of, [click('c1', NOW - HOUR), install('d1', NOW)])
    await world.follow()
    expect(await current(of)).toMatchObject({ version: 1, outcome: 'organic' })
    await world.load(of, [install('d1', NOW + 2_000, referrer('c1'))])
    await world.follow()
    expect(await current(of)).toMatchObject({
      version: 2,
      outcome: 'attributed',
      match_type: 'install_referrer',
      touchpoint_id: 'c1',
      install_event_id: `install-d1-${NOW}`,
    })
  })

  it('still finds its click when that comes last, also after the decision settled', async () => {
    const of = tenant('second-event-click')
    const world = new World(stores.clickhouse, 'log-second-event-click')
    const late = { received_at: new Date(NOW + 3 * DAY).toISOString() }
    await world.load(of, [install('d1', NOW)])
    await world.follow()
    await world.load(of, [install('d1', NOW + 2_000, { ...referrer('c1'), ...late })])
    await world.follow()
    await world.load(of, [click('c1', NOW - HOUR, late)])
    await world.follow()
    expect(await current(of)).toMatchObject({ outcome: 'attributed', touchpoint_id: 'c1' })
  })

  it('leads to the same decision in whatever order and batches everything comes, and says nothing new the second time', async () => {
    const rows: Row[] = [
      click('c1', NOW - HOUR),
      install('d1', NOW),
      install('d1', NOW + 2_000, referrer('c1')),
      install('d1', NOW + 4_000, { ...referrer('c2'), idfv: 'V1' }),
      click('c2', NOW - 2 * HOUR),
    ]
    const outcomes: string[] = []
    for (const [at, order] of [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [2, 4, 0, 3, 1],
      [3, 1, 4, 2, 0],
    ].entries()) {
      const of = tenant(`second-event-order-${at}`)
      const world = new World(stores.clickhouse, `log-second-event-order-${at}`)
      for (const index of order) {
        await world.load(of, rows.slice(index, index + 1))
        await world.follow()
      }
      const before = await decisionsOf(stores.clickhouse, of)
      await world.follow('beginning')
      expect(await decisionsOf(stores.clickhouse, of)).toEqual(before)
      outcomes.push((await outcomesOf(stores.clickhouse, of)).get('d1') ?? 'none')
    }
    expect(new Set(outcomes).size).toBe(1)
    expect(outcomes[0]).toContain('"touchpoint_id":"c1"')
  }, 120_000)
})
