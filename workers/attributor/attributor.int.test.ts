import { describe, expect, it } from 'vitest'
import { type AttributionSettings, DEFAULT_SETTINGS } from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { useStores } from '../../e2e/fixtures/stores.ts'
import {
  click,
  DAY,
  decisionsOf,
  HOUR,
  install,
  NOW,
  outcomesOf,
  type Row,
  session,
  tenant,
  view,
  World,
} from './testing/world.ts'

const stores = useStores()
const GAID = '6f1c9f60-1111-4222-8333-444455556666'

describe('deciding', () => {
  it('attributes an install by click id, with every candidate and its reason', async () => {
    const of = tenant('click')
    const world = new World(stores.clickhouse, 'log-click')
    await world.load(of, [
      click('c1', NOW - HOUR),
      click('old', NOW - 9 * DAY, { advertising_id: GAID }),
      view('v1', NOW - HOUR / 2, { advertising_id: GAID.toUpperCase() }),
      install('d1', NOW, { click_id: 'c1', advertising_id: GAID }),
    ])
    expect(await world.follow()).toMatchObject({ decided: 1, redecided: 0 })
    const [one] = await decisionsOf(stores.clickhouse, of)
    expect(one).toMatchObject({
      version: 1,
      outcome: 'attributed',
      match_type: 'click_id',
      touchpoint_id: 'c1',
      supersedes: '',
    })
    expect(JSON.parse(one?.candidates ?? '')).toMatchObject([
      { touchpoint_id: 'c1', rank: 1, eligible: true, refused_by: null },
      { touchpoint_id: 'v1', eligible: true, rank_reason: 'view_after_click', matched_by: ['advertising_id'] },
      { touchpoint_id: 'old', eligible: false, refused_by: 'outside_click_window' },
    ])
  })

  it('finds the click id inside an install referrer', async () => {
    const of = tenant('referrer')
    const world = new World(stores.clickhouse, 'log-referrer')
    await world.load(of, [
      click('c/ü', NOW - HOUR),
      install('d1', NOW, { install_referrer: `utm_source=x&click_id=${encodeURIComponent('c/ü')}` }),
    ])
    await world.follow()
    expect(await decisionsOf(stores.clickhouse, of)).toMatchObject([
      { match_type: 'install_referrer', touchpoint_id: 'c/ü' },
    ])
  })

  it('calls an install with an unknown click id organic and says so', async () => {
    const of = tenant('unknown')
    const world = new World(stores.clickhouse, 'log-unknown')
    await world.load(of, [install('d1', NOW, { click_id: "nobody's" })])
    await world.follow()
    const [one] = await decisionsOf(stores.clickhouse, of)
    expect(one).toMatchObject({ outcome: 'organic', media_source: 'organic', touchpoint_id: '' })
    expect(JSON.parse(one?.rule_hits ?? '')).toContainEqual({
      rule: 'unknown_click_id',
      touchpoint_id: null,
      value: "nobody's",
    })
  })

  it('takes the first install event of a device, whichever arrives first, and production before sandbox', async () => {
    const of = tenant('first')
    const world = new World(stores.clickhouse, 'log-first')
    await world.load(of, [install('d1', NOW), install('test', NOW - DAY, { environment: 'sandbox' })])
    await world.follow()
    await world.load(of, [install('d1', NOW + HOUR), install('test', NOW)])
    await world.follow()
    await world.load(of, [install('d1', NOW - HOUR)])
    await world.follow()
    expect(await decisionsOf(stores.clickhouse, of)).toMatchObject([
      { device_id: 'd1', version: 1, install_event_id: `install-d1-${NOW}` },
      { device_id: 'd1', version: 2, install_event_id: `install-d1-${NOW - HOUR}` },
      { device_id: 'test', version: 1, environment: 'sandbox' },
      { device_id: 'test', version: 2, environment: 'production' },
    ])
  })

  it('leaves out a row it cannot read, reports it, and decides the others', async () => {
    const of = tenant('odd')
    let reported = 0
    const world = new World(stores.clickhouse, 'log-odd', { onUnreadable: () => (reported += 1) })
    await world.load(of, [install('odd', NOW, { platform: 'toaster' }), install('fine', NOW)])
    expect(await world.follow()).toMatchObject({ decided: 1, redecided: 0 })
    expect(reported).toBe(1)
  })

  it('keeps two tenants apart that share device ids, click ids and advertising ids', async () => {
    const [a, b] = [tenant('a'), tenant('b')]
    const world = new World(stores.clickhouse, 'log-tenants')
    await world.load(a, [click('c1', NOW - HOUR, { advertising_id: GAID })])
    await world.load(b, [install('d1', NOW, { click_id: 'c1', advertising_id: GAID })])
    await world.follow()
    await world.load(a, [
      click('c2', NOW - HOUR, { advertising_id: GAID }),
      install('d2', NOW + DAY, { advertising_id: GAID }),
    ])
    await world.follow()
    expect(await decisionsOf(stores.clickhouse, b)).toMatchObject([{ device_id: 'd1', version: 1, outcome: 'organic' }])
    expect(await decisionsOf(stores.clickhouse, a)).toMatchObject([
      { device_id: 'd2', version: 1, outcome: 'attributed', conversion_type: 'install' },
    ])
  })
})

describe('deciding again', () => {
  it('lets a late click supersede, and adds nothing for a touchpoint that changes nothing', async () => {
    const of = tenant('late')
    const world = new World(stores.clickhouse, 'log-late')
    await world.load(of, [
      view('v1', NOW - HOUR, { idfv: 'AB-1' }),
      install('d1', NOW, { idfv: 'ab-1', platform: 'ios' }),
    ])
    await world.follow()
    await world.load(of, [click('c1', NOW - 2 * DAY, { idfv: 'AB-1' })])
    expect(await world.follow()).toMatchObject({ decided: 0, redecided: 1 })
    await world.load(of, [
      click('after', NOW + HOUR, { idfv: 'AB-1' }),
      click('ages-ago', NOW - 60 * DAY, { idfv: 'AB-1' }),
    ])
    expect(await world.follow()).toMatchObject({ decided: 0, redecided: 0 })
    const [first, second, ...more] = await decisionsOf(stores.clickhouse, of)
    expect(first).toMatchObject({ version: 1, touchpoint_id: 'v1' })
    expect(second).toMatchObject({ version: 2, touchpoint_id: 'c1', supersedes: first?.decision_id })
    expect(more).toEqual([])
  })

  it('makes an install a reinstall when an earlier install of the device arrives after it', async () => {
    const of = tenant('reinstall')
    const world = new World(stores.clickhouse, 'log-reinstall')
    await world.load(of, [install('new', NOW, { advertising_id: GAID })])
    await world.follow()
    await world.load(of, [install('old', NOW - DAY, { advertising_id: GAID.toUpperCase() })])
    await world.follow()
    expect(await decisionsOf(stores.clickhouse, of)).toMatchObject([
      { device_id: 'new', version: 1, conversion_type: 'install' },
      { device_id: 'new', version: 2, conversion_type: 'reinstall' },
      { device_id: 'old', version: 1, conversion_type: 'install' },
    ])
  })

  it('stays under the settings an install was first decided under', async () => {
    const of = tenant('settings')
    const wider = { ...DEFAULT_SETTINGS, version: 2, clickLookbackMs: 30 * DAY }
    let versions: [AttributionSettings, ...AttributionSettings[]] = [DEFAULT_SETTINGS]
    const world = new World(stores.clickhouse, 'log-settings', {
      settings: {
        versions: async () => versions,
        version: async (_, version) => versions[version - 1] ?? DEFAULT_SETTINGS,
      },
    })
    await world.load(of, [install('before', NOW, { advertising_id: GAID })])
    await world.follow()
    versions = [DEFAULT_SETTINGS, wider]
    await world.load(of, [
      click('c1', NOW - 10 * DAY, { advertising_id: GAID, idfv: 'x-1' }),
      install('after', NOW, { idfv: 'x-1' }),
    ])
    await world.follow()
    expect(await decisionsOf(stores.clickhouse, of)).toMatchObject([
      { device_id: 'after', settings_version: 2, outcome: 'attributed' },
      { device_id: 'before', settings_version: 1, version: 1 },
      { device_id: 'before', settings_version: 1, version: 2, outcome: 'organic' },
    ])
  })
})

/** A small seeded generator: a failing run can be repeated. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Traffic in which everything that may depend on order occurs: shared identifiers and network addresses, views, retargeting,
 * claims of networks, repeats, reinstalls, activity before them, sandbox.
 */
function traffic(next: () => number): Row[] {
  const pick = (n: number) => Math.floor(next() * n)
  const rows: Row[] = []
  for (let n = 0; n < 60; n++) {
    const ids = { advertising_id: `gaid-${pick(12)}`, idfv: pick(3) === 0 ? `IDFV-${pick(6)}` : '' }
    const make = pick(3) === 0 ? view : click
    const more = { media_source: `source_${pick(4)}`, is_retargeting: pick(5) === 0 }
    const claim = pick(9) === 0 ? { claimed_device_id: `d${pick(30)}` } : {}
    rows.push(make(`t${n}`, NOW - pick(12) * DAY - pick(5) * HOUR, { ...ids, ...claim, ...more }))
    const traits = { ip: `198.51.100.${pick(4)}`, platform: 'android', os_version: `${13 + pick(2)}` }
    rows.push(click(`p${n}`, NOW - pick(8) * DAY - pick(30) * 600_000, { ...traits, ...more }))
  }
  for (let n = 0; n < 40; n++) {
    rows.push(
      install(`d${pick(30)}`, NOW - pick(8) * DAY + pick(3) * HOUR, {
        advertising_id: `GAID-${pick(12)}`,
        idfv: pick(2) === 0 ? `idfv-${pick(6)}` : '',
        click_id: pick(3) === 0 ? `t${pick(70)}` : '',
        environment: pick(6) === 0 ? 'sandbox' : 'production',
        ip: pick(2) === 0 ? `198.51.100.${pick(4)}` : '',
        os_version: `${13 + pick(2)}`,
      }),
    )
  }
  // Devices that had the app long before; retargeting brings some back, and others had never been away.
  for (let n = 0; n < 8; n++) {
    const ids = { advertising_id: `gone-${n}` }
    rows.push(install(`old${n}`, NOW - 40 * DAY, ids), click(`b${n}`, NOW - HOUR, { ...ids, is_retargeting: true }))
    rows.push(session(`old${n}`, NOW - (12 + pick(20)) * DAY), install(`new${n}`, NOW, ids))
    if (n % 2 === 0) rows.push(session(`old${n}`, NOW - (1 + pick(5)) * DAY))
  }
  return [...new Map(rows.map((row) => [row.id, row])).values()]
}
const MET = [
  'network_claim',
  'ip_address',
  'probability_too_low',
  'reattribution',
  'active_before_reinstall',
  'advertising_id',
]

describe('order of arrival', () => {
  it.each([1, 2, 3])(
    'never changes where an install ends up (seed %i)',
    async (seed) => {
      const next = random(seed)
      const rows = traffic(next)
      const [inOrder, shuffled] = [tenant(`order-${seed}`), tenant(`shuffled-${seed}`)]
      const touchpointsFirst = rows.toSorted((a, b) => Number(a.kind === 'install') - Number(b.kind === 'install'))
      const one = new World(stores.clickhouse, `log-order-${seed}`)
      await one.load(inOrder, touchpointsFirst)
      await one.follow()

      const other = new World(stores.clickhouse, `log-shuffled-${seed}`)
      const mixed = rows.map((row) => ({ row, at: next() })).toSorted((a, b) => a.at - b.at)
      for (let at = 0; at < mixed.length; ) {
        const size = 1 + Math.floor(next() * 14)
        await other.load(
          shuffled,
          mixed.slice(at, at + size).map(({ row }) => row),
        )
        at += size
        if (next() < 0.7) await other.follow()
      }
      await other.follow()
      const expected = await outcomesOf(stores.clickhouse, inOrder)
      const said = [...expected.values()].join()
      expect(MET.filter((met) => !said.includes(met))).toEqual([])
      expect(await outcomesOf(stores.clickhouse, shuffled)).toEqual(expected)
    },
    120_000,
  )
})

/** A client that fails at its nth insert, before or after the row is stored: what a kill leaves behind. */
function failingAt(client: ClickHouseClient, nth: number, stored: boolean): ClickHouseClient {
  let inserts = 0
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'insert') return value.bind(target)
      return async (...args: Parameters<ClickHouseClient['insert']>) => {
        inserts += 1
        if (inserts !== nth) return target.insert(...args)
        if (stored) await target.insert(...args)
        throw new Error('killed')
      }
    },
  })
}

describe('a kill at any write', () => {
  const cases = [1, 2, 3, 5].flatMap((nth) => [
    { nth, stored: false },
    { nth, stored: true },
  ])
  it.each(cases)('$nth (stored: $stored) leaves the same decisions once', async ({ nth, stored }) => {
    const of = tenant(`kill-${nth}-${stored}`)
    const world = new World(stores.clickhouse, `log-kill-${nth}-${stored}`)
    const rows = [1, 2, 3, 4].flatMap((n) => [
      click(`c${n}`, NOW - HOUR, { advertising_id: `g-${n}` }),
      install(`d${n}`, NOW, { advertising_id: `g-${n}` }),
    ])
    await world.load(of, rows.slice(0, 4))
    await world.load(of, rows.slice(4))
    const small = { installs: 2, touchpoints: 100 }
    const { clickhouse } = world.tools
    world.tools.clickhouse = failingAt(clickhouse, nth, stored)
    await expect(world.follow('cursor', small)).rejects.toThrow('killed')
    world.tools.clickhouse = clickhouse
    await world.follow('beginning', small)
    expect(await world.savedProgress()).toBe(world.position)
    const found = await decisionsOf(clickhouse, of)
    expect(found.map(({ device_id, version, touchpoint_id }) => [device_id, version, touchpoint_id])).toEqual([
      ['d1', 1, 'c1'],
      ['d2', 1, 'c2'],
      ['d3', 1, 'c3'],
      ['d4', 1, 'c4'],
    ])
    expect(await world.follow('beginning')).toMatchObject({ decided: 0, redecided: 0 })
  })
})
