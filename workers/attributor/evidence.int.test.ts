import { describe, expect, it } from 'vitest'
import { type AttributionSettings, DEFAULT_SETTINGS } from '#server/modules/attribution/index.ts'
import { useStores } from '../../e2e/fixtures/stores.ts'
import { click, DAY, decisionsOf, HOUR, install, NOW, outcomesOf, tenant, World } from './testing/world.ts'

const stores = useStores()
const GAID = '6f1c9f60-1111-4222-8333-444455556666'
const phone = { ip: '198.51.100.7', platform: 'android', os_version: '14', device_model: 'Pixel 8' }
const received = (at: number) => ({ received_at: new Date(at).toISOString() })

describe('by network address', () => {
  it('attributes an install to a fresh click of the same kind of phone behind its address, and says how likely', async () => {
    const of = tenant('probable')
    const world = new World(stores.clickhouse, 'log-probable')
    await world.load(of, [
      click('c1', NOW - 60_000, phone),
      click('elsewhere', NOW - 60_000, { ...phone, ip: '198.51.100.8' }),
      install('d1', NOW, phone),
    ])
    await world.follow()
    const [one] = await decisionsOf(stores.clickhouse, of)
    expect(one).toMatchObject({ match_type: 'probabilistic', touchpoint_id: 'c1' })
    expect(JSON.parse(one?.candidates ?? '')).toMatchObject([{ touchpoint_id: 'c1', matched_by: ['ip_address'] }])
  })

  it('knows an IPv6 household by its /64', async () => {
    const of = tenant('ipv6')
    const world = new World(stores.clickhouse, 'log-ipv6')
    await world.load(of, [
      click('c1', NOW - 60_000, { ...phone, ip: '2001:db8:1:2::aa' }),
      click('neighbour', NOW - 60_000, { ...phone, ip: '2001:db8:1:3::aa' }),
      install('d1', NOW, { ...phone, ip: '2001:DB8:1:2:ffff::1' }),
    ])
    await world.follow()
    expect(await decisionsOf(stores.clickhouse, of)).toMatchObject([{ touchpoint_id: 'c1' }])
  })

  it('decides again when a late click or a late install behind the address makes the match less certain', async () => {
    const of = tenant('crowd')
    const world = new World(stores.clickhouse, 'log-crowd')
    await world.load(of, [click('c1', NOW - 60_000, phone), install('d1', NOW, phone)])
    await world.follow()
    await world.load(
      of,
      Array.from({ length: 40 }, (_, n) => install(`neighbour-${n}`, NOW - HOUR - n * 60_000, phone)),
    )
    expect(await world.follow()).toMatchObject({ decided: 40, redecided: 1 })
    const mine = (await decisionsOf(stores.clickhouse, of)).filter(({ device_id }) => device_id === 'd1')
    expect(mine.map(({ version, outcome }) => [version, outcome])).toEqual([
      [1, 'attributed'],
      [2, 'organic'],
    ])
    expect(JSON.parse(mine[1]?.candidates ?? '')).toMatchObject([{ refused_by: 'probability_too_low' }])
  })
})

describe('what networks claim', () => {
  it('attributes an install to the network that claims it, also when the claim comes after the decision', async () => {
    const of = tenant('claim')
    const world = new World(stores.clickhouse, 'log-claim')
    await world.load(of, [install('d1', NOW)])
    await world.follow()
    await world.load(of, [click('san-1', NOW - HOUR, { claimed_device_id: 'd1', media_source: 'walled_garden' })])
    expect(await world.follow()).toMatchObject({ redecided: 1 })
    expect((await decisionsOf(stores.clickhouse, of)).at(-1)).toMatchObject({
      version: 2,
      match_type: 'device_id',
      media_source: 'walled_garden',
    })
  })
})

describe('settling', () => {
  it('lets a day pass for what arrives late; after it only a click that the install names decides again', async () => {
    const of = tenant('settled')
    const world = new World(stores.clickhouse, 'log-settled')
    await world.load(of, [install('d1', NOW, { advertising_id: GAID, click_id: 'named' })])
    await world.follow()
    const late = received(NOW + DAY + 1)
    await world.load(of, [click('late', NOW - HOUR, { advertising_id: GAID, ...late })])
    expect(await world.follow()).toMatchObject({ redecided: 0 })
    await world.load(of, [click('named', NOW - 2 * HOUR, late)])
    expect(await world.follow()).toMatchObject({ redecided: 1 })
    const [, second] = await decisionsOf(stores.clickhouse, of)
    expect(second).toMatchObject({ touchpoint_id: 'named' })
    // What was too late before is too late still: the order in which the two arrived must not matter.
    expect(JSON.parse(second?.candidates ?? '')).toHaveLength(1)
  })

  it('holds an install to the event it was settled by', async () => {
    const of = tenant('settled-install')
    const world = new World(stores.clickhouse, 'log-settled-install')
    await world.load(of, [install('d1', NOW)])
    await world.load(of, [install('d1', NOW - DAY, received(NOW + DAY + 1))])
    await world.follow()
    expect(await decisionsOf(stores.clickhouse, of)).toMatchObject([{ install_event_id: `install-d1-${NOW}` }])
  })
})

it('decides installs from the date on under the version that was adopted from it, and those before under the one before', async () => {
  const of = tenant('effective')
  const adopted: AttributionSettings = {
    ...DEFAULT_SETTINGS,
    version: 2,
    clickLookbackMs: DAY,
    effectiveFrom: new Date(NOW).toISOString(),
  }
  const world = new World(stores.clickhouse, 'log-effective', {
    settings: { versions: async () => [DEFAULT_SETTINGS, adopted], version: async () => adopted },
  })
  await world.load(of, [
    click('c1', NOW - 2 * DAY, { advertising_id: GAID }),
    click('c2', NOW - 2 * DAY, { advertising_id: 'x-1' }),
    install('after', NOW, { advertising_id: GAID }),
    install('before', NOW - 1, { advertising_id: 'x-1' }),
  ])
  await world.follow()
  expect(await decisionsOf(stores.clickhouse, of)).toMatchObject([
    { device_id: 'after', settings_version: 2, outcome: 'organic' },
    { device_id: 'before', settings_version: 1, outcome: 'attributed' },
  ])
})

describe('bad input', () => {
  it('refuses clicks of the future and of long ago, and decides an install that has nothing to go by', async () => {
    const of = tenant('times')
    const world = new World(stores.clickhouse, 'log-times')
    await world.load(of, [
      click('future', NOW + 12 * HOUR, { advertising_id: GAID }),
      click('ancient', Date.UTC(1999, 0, 1)),
      install('d1', NOW, { advertising_id: GAID, click_id: 'ancient' }),
      install('d2', NOW, { advertising_id: '00000000-0000-0000-0000-000000000000' }),
      click('zeros', NOW - HOUR, { advertising_id: '00000000-0000-0000-0000-000000000000' }),
      install('d3', NOW),
    ])
    await world.follow()
    const decisions = await decisionsOf(stores.clickhouse, of)
    expect(decisions.map(({ device_id, outcome, version }) => [device_id, outcome, version])).toEqual([
      ['d1', 'organic', 1],
      ['d2', 'organic', 1],
      ['d3', 'organic', 1],
    ])
    expect(JSON.parse(decisions[0]?.candidates ?? '')).toMatchObject([{ refused_by: 'outside_click_window' }])
    expect(decisions[2]?.rule_hits).toContain('no_identifiers')
  })

  it('decides a device with 10,000 clicks by the last of them, whichever came first, in one row of bounded size', async () => {
    const of = tenant('flood')
    const flooded = { advertising_id: GAID }
    const clicks = Array.from({ length: 10_000 }, (_, n) => click(`c${n}`, NOW - HOUR - n * 1_000, flooded))
    const world = new World(stores.clickhouse, 'log-flood')
    await world.load(of, clicks.slice(5_000))
    await world.load(of, [install('d1', NOW, flooded)])
    await world.follow()
    await world.load(of, clicks.slice(0, 5_000))
    await world.follow()
    const decisions = await decisionsOf(stores.clickhouse, of)
    expect(decisions.map(({ version, touchpoint_id }) => [version, touchpoint_id])).toEqual([
      [1, 'c5000'],
      [2, 'c0'],
    ])
    expect(decisions[1]?.candidates.length).toBeLessThan(100_000)
  })

  it('finds the click of an install, however many clicks came after it and whichever installs are decided with it', async () => {
    const of = tenant('flood-after')
    const world = new World(stores.clickhouse, 'log-flood-after')
    const then = NOW - 8 * DAY
    const android = { ...phone, ip: '198.51.100.40' }
    await world.load(of, [
      click('by-id', then - HOUR, { advertising_id: GAID }),
      install('known', then, { advertising_id: GAID }),
      click('by-address', then - 60_000, android),
      install('unknown', then, android),
      ...Array.from({ length: 1_200 }, (_, n) => click(`id-${n}`, then + DAY + n * 1_000, { advertising_id: GAID })),
      ...Array.from({ length: 1_200 }, (_, n) => click(`ip-${n}`, then + DAY + n * (DAY / 300), android)),
      install('later', NOW, { ...android, advertising_id: 'x-2' }),
    ])
    await world.follow()
    expect(await decisionsOf(stores.clickhouse, of)).toMatchObject([
      { device_id: 'known', touchpoint_id: 'by-id' },
      { device_id: 'later', touchpoint_id: '' },
      { device_id: 'unknown', touchpoint_id: 'by-address' },
    ])
  })

  it('keeps one current decision for each install when two attributors work at once', async () => {
    const of = tenant('two-at-once')
    const world = new World(stores.clickhouse, 'log-two-at-once')
    await world.load(
      of,
      Array.from({ length: 50 }, (_, n) => [
        click(`c${n}`, NOW - HOUR, { advertising_id: `g-${n}` }),
        install(`d${n}`, NOW, { advertising_id: `g-${n}` }),
      ]).flat(),
    )
    // The lock lets only one decide; should it ever fail, the same input still makes the same rows.
    await Promise.all([world.follow('beginning'), world.follow('beginning')])
    const decisions = await decisionsOf(stores.clickhouse, of)
    expect(new Set(decisions.map(({ device_id }) => device_id)).size).toBe(50)
    expect(new Set(decisions.map(({ decision_id, touchpoint_id }) => `${decision_id} ${touchpoint_id}`)).size).toBe(50)
    expect((await outcomesOf(stores.clickhouse, of)).size).toBe(50)
  })
})
