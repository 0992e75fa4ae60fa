import { describe, expect, it } from 'vitest'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { useStores } from '../../../e2e/fixtures/stores.ts'
import {
  click,
  DAY,
  HOUR,
  install,
  NOW,
  type Row,
  reengagementsOf,
  reported,
  returnsOf,
  session,
  tenant,
  World,
} from '../testing/world.ts'

const stores = useStores()
const GAID = '6f1c9f60-1111-4222-8333-444455556666'
const ids = { advertising_id: GAID }
const retargeting = { ...ids, is_retargeting: true, media_source: 'retargeter' }

it('counts a device that comes back after a pause by a retargeting click, once, with what it was away', async () => {
  const of = tenant('back')
  const world = new World(stores.clickhouse, 'log-back')
  await world.load(of, [install('d1', NOW - 20 * DAY, ids), session('d1', NOW - 10 * DAY, ids)])
  await world.load(of, [click('r1', NOW - HOUR, retargeting), session('d1', NOW, ids), session('d1', NOW + HOUR, ids)])
  expect(await world.follow()).toMatchObject({ reengaged: 1 })
  expect(await returnsOf(stores.clickhouse, of)).toMatchObject([
    {
      conversion_id: `session-d1-${NOW}`,
      version: 1,
      outcome: 'attributed',
      touchpoint_id: 'r1',
      media_source: 'retargeter',
      last_active_at: expect.stringMatching(/^2026-10-10.12:00:00/),
    },
  ])
  expect(await world.follow('beginning')).toMatchObject({ reengaged: 0 })
})

it('counts neither a device that was active within the window nor one that came back by itself or by any other click', async () => {
  const of = tenant('no-return')
  const world = new World(stores.clickhouse, 'log-no-return')
  await world.load(of, [
    install('active', NOW - 20 * DAY, { advertising_id: 'g-1' }),
    session('active', NOW - 3 * DAY, { advertising_id: 'g-1' }),
    click('r1', NOW - HOUR, { ...retargeting, advertising_id: 'g-1' }),
    session('active', NOW, { advertising_id: 'g-1' }),
    install('alone', NOW - 20 * DAY, { advertising_id: 'g-2' }),
    session('alone', NOW, { advertising_id: 'g-2' }),
    install('other', NOW - 20 * DAY, { advertising_id: 'g-3' }),
    click('c3', NOW - HOUR, { advertising_id: 'g-3' }),
    session('other', NOW, { advertising_id: 'g-3' }),
  ])
  await world.follow()
  expect(await returnsOf(stores.clickhouse, of)).toEqual([])
})

it('takes any click where the app itself reports the return, though its session began a moment before', async () => {
  const of = tenant('reported')
  const world = new World(stores.clickhouse, 'log-reported')
  await world.load(of, [install('d1', NOW - 20 * DAY), click('c1', NOW - 60_000)])
  await world.load(of, [session('d1', NOW), reported('d1', NOW + 500, { click_id: 'c1' })])
  await world.follow()
  expect(await returnsOf(stores.clickhouse, of)).toMatchObject([
    { conversion_id: `reengagement-d1-${NOW + 500}`, match_type: 'click_id', touchpoint_id: 'c1' },
  ])
})

it('keeps a reported return when the device is active again half an hour after it', async () => {
  const of = tenant('still-there')
  const world = new World(stores.clickhouse, 'log-still-there')
  const minutes = (n: number) => NOW + n * 60_000
  await world.load(of, [install('d1', NOW - 20 * DAY, ids), click('r1', NOW - HOUR, retargeting)])
  await world.load(of, [session('d1', NOW, ids), reported('d1', minutes(20), ids)])
  expect(await world.follow()).toMatchObject({ reengaged: 1 })
  for (const later of [35, 45, 55, 70]) {
    await world.load(of, [session('d1', minutes(later), ids)])
    expect(await world.follow()).toMatchObject({ reengaged: 0 })
  }
  expect(await returnsOf(stores.clickhouse, of)).toMatchObject([
    { conversion_id: `reengagement-d1-${minutes(20)}`, version: 1, outcome: 'attributed', touchpoint_id: 'r1' },
  ])
})

it('finds the return when its click arrives last, and takes it back when there was no pause after all', async () => {
  const of = tenant('late-return')
  const world = new World(stores.clickhouse, 'log-late-return')
  await world.load(of, [install('d1', NOW - 20 * DAY, ids), session('d1', NOW, ids)])
  await world.follow()
  await world.load(of, [click('r1', NOW - HOUR, retargeting)])
  expect(await world.follow()).toMatchObject({ reengaged: 1 })
  await world.load(of, [session('d1', NOW - 2 * DAY, ids)])
  expect(await world.follow()).toMatchObject({ reengaged: 1 })
  const [first, second] = await returnsOf(stores.clickhouse, of)
  expect([first?.outcome, second?.outcome, second?.version]).toEqual(['attributed', 'organic', 2])
  expect(second?.supersedes).toBe(first?.decision_id)
})

describe('a re-engagement that has settled', () => {
  const late = { received_at: new Date(NOW + 2 * DAY).toISOString() }
  /** A device that came back at NOW by a retargeting click, after it was away since its install 20 days before. */
  async function settled(name: string) {
    const of = tenant(name)
    const world = new World(stores.clickhouse, `log-${name}`)
    await world.load(of, [install('d1', NOW - 20 * DAY, ids), click('r1', NOW - HOUR, retargeting)])
    await world.load(of, [session('d1', NOW, ids)])
    expect(await world.follow()).toMatchObject({ reengaged: 1 })
    return { of, world, events: () => returnsOf(stores.clickhouse, of) }
  }
  const stands = [{ conversion_id: `session-d1-${NOW}`, version: 1, outcome: 'attributed', touchpoint_id: 'r1' }]

  it.each([
    ['activity within its silence', session('d1', NOW - 2 * DAY, { ...ids, ...late })],
    ['activity before the click', session('d1', NOW - 9 * DAY, { ...ids, ...late })],
    ['an earlier event of the same return', session('d1', NOW - 10 * 60_000, { ...ids, ...late })],
    ['a report of the same return', reported('d1', NOW + 10 * 60_000, { ...ids, ...late })],
  ])('stays when %s arrives afterwards, and is counted once, also from the beginning', async (kind, row) => {
    const { of, world, events } = await settled(`settled-${kind.replaceAll(' ', '-')}`)
    await world.load(of, [row])
    await world.follow()
    expect(await events()).toMatchObject(stands)
    await world.follow('beginning')
    expect(await events()).toMatchObject(stands)
    await world.load(of, [session('d1', NOW + 3 * DAY, { ...ids, ...late })])
    await world.follow()
    expect(await events()).toMatchObject(stands)
  })

  it('is taken back by activity that arrived before it settled, whenever that is looked at', async () => {
    const { of, world, events } = await settled('settled-in-time')
    const inTime = { ...ids, received_at: new Date(NOW + 20 * HOUR).toISOString() }
    await world.load(of, [session('d1', NOW - 9 * DAY, { ...ids, ...late }), session('d1', NOW - 2 * DAY, inTime)])
    await world.follow()
    expect((await events()).map(({ version, outcome }) => [version, outcome])).toEqual([
      [1, 'attributed'],
      [2, 'organic'],
    ])
  })

  it('follows a later silence as any other', async () => {
    const { of, world, events } = await settled('settled-next')
    const soon = { received_at: new Date(NOW + 20 * DAY).toISOString() }
    await world.load(of, [
      session('d1', NOW - 2 * DAY, { ...ids, ...late }),
      click('r2', NOW + 19 * DAY, { ...retargeting, ...soon }),
      session('d1', NOW + 20 * DAY, { ...ids, ...soon }),
    ])
    await world.follow()
    expect(await events()).toMatchObject([...stands, { version: 1, outcome: 'attributed', touchpoint_id: 'r2' }])
  })
})

/** A client that refuses what a ClickHouse server refuses and the embedded one does not: form fields over 128 KiB. */
function strict(client: ClickHouseClient): ClickHouseClient {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'query') return value.bind(target)
      return async (...args: Parameters<ClickHouseClient['query']>) => {
        for (const [param, given] of Object.entries(args[0].query_params ?? {})) {
          if (JSON.stringify(given).length > 128 * 1024) throw new Error(`${param} is over 128 KiB`)
        }
        return target.query(...args)
      }
    },
  })
}

it('looks through more pauses at once than one parameter of a query can carry', async () => {
  const of = tenant('many-pauses')
  const world = new World(stores.clickhouse, 'log-many-pauses', { clickhouse: strict(stores.clickhouse) })
  const sessions = Array.from({ length: 500 * 20 }, (_, n) => {
    const device = n % 500
    return session(`d${device}`, NOW - 9 * Math.floor(n / 500) * DAY + device, { advertising_id: `gaid-${device}` })
  })
  await world.load(of, [click('r1', NOW - HOUR, { ...retargeting, advertising_id: 'gaid-7' }), ...sessions])
  expect(await world.follow()).toMatchObject({ reengaged: 1 })
  expect(await returnsOf(stores.clickhouse, of)).toMatchObject([{ device_id: 'd7', touchpoint_id: 'r1' }])
}, 120_000)

it('keeps the two tenants of one device id apart', async () => {
  const [a, b] = [tenant('return-a'), tenant('return-b')]
  const world = new World(stores.clickhouse, 'log-return-tenants')
  await world.load(a, [click('r1', NOW - HOUR, retargeting), install('d1', NOW - 20 * DAY, ids)])
  await world.load(b, [
    click('other', NOW - 9 * DAY, { ...retargeting, advertising_id: 'x-1' }),
    session('d1', NOW, ids),
  ])
  await world.follow()
  expect([...(await returnsOf(stores.clickhouse, a)), ...(await returnsOf(stores.clickhouse, b))]).toEqual([])
})

/** Devices that come and go, with clicks of both kinds. */
function traffic(next: () => number): Row[] {
  const pick = (n: number) => Math.floor(next() * n)
  const rows: Row[] = []
  for (let n = 0; n < 12; n += 1) {
    const device = { advertising_id: `gaid-${n}` }
    rows.push(install(`d${n}`, NOW - 60 * DAY, device))
    for (let s = 0; s < 6; s += 1) {
      const at = NOW - pick(58) * DAY + pick(20) * HOUR
      rows.push(session(`d${n}`, at, device))
      if (pick(3) === 0) rows.push(reported(`d${n}`, at + 1_000, { ...device, click_id: `t-${n}-${s}` }))
      const more = { ...device, is_retargeting: pick(2) === 0 }
      if (pick(2) === 0) rows.push(click(`t-${n}-${s}`, at - pick(9) * DAY - pick(3) * HOUR, more))
    }
  }
  return rows
}

it.each([1, 2, 3])('comes to the same re-engagements in whatever order everything arrives (seed %i)', async (seed) => {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const rows = traffic(next)
  const [inOrder, shuffled] = [tenant(`returns-${seed}`), tenant(`returns-shuffled-${seed}`)]
  const one = new World(stores.clickhouse, `log-returns-${seed}`)
  await one.load(inOrder, rows)
  await one.follow()
  const other = new World(stores.clickhouse, `log-returns-shuffled-${seed}`)
  const mixed = rows.map((row) => ({ row, at: next() })).toSorted((a, b) => a.at - b.at)
  for (let at = 0; at < mixed.length; at += 25) {
    await other.load(
      shuffled,
      mixed.slice(at, at + 25).map(({ row }) => row),
    )
    await other.follow()
  }
  const expected = await reengagementsOf(stores.clickhouse, inOrder)
  expect(expected.size).toBeGreaterThan(3)
  expect(await reengagementsOf(stores.clickhouse, shuffled)).toEqual(expected)
})
