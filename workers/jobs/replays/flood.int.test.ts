import { describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { DEFAULT_SETTINGS } from '#server/modules/attribution/index.ts'
import { replayComparison } from '#server/modules/attribution/replay/service.ts'
import { click, DAY, decisionsOf, HOUR, install, NOW, type Row } from '#workers/attributor/testing/world.ts'
import { type TestApp, whatIfs } from './testing/what-ifs.ts'

const stores = useStores()
const { emptyApp, start, run, comparison } = whatIfs(stores, replayComparison)
const phone = { ip: '198.51.100.7', platform: 'android', os_version: '14', device_model: 'Pixel 8' }

/** Touchpoints by device: as the attributor decided last, and as a what-if decides. */
async function both({ app }: TestApp, replay: string) {
  const decided = new Map((await decisionsOf(stores.clickhouse, app)).map((row) => [row.device_id, row.touchpoint_id]))
  const result = await stores.clickhouse.query({
    query: `select device_id, touchpoint_id from replay_decisions final where replay_id = {replay:String}`,
    query_params: { replay },
    format: 'JSONEachRow',
  })
  const replayed = await result.json<{ device_id: string; touchpoint_id: string }>()
  return {
    decided: Object.fromEntries(decided),
    replayed: Object.fromEntries(replayed.map((row) => [row.device_id, row.touchpoint_id])),
  }
}

/** The attributor decides each part as it comes; a what-if under the same settings decides all of it at once. */
async function bothOver(parts: Row[][], settings: Partial<typeof DEFAULT_SETTINGS> = {}, of?: TestApp) {
  const app = of ?? (await emptyApp())
  const under = { ...DEFAULT_SETTINGS, ...settings }
  Object.assign(app.world.tools, { settings: { versions: async () => [under], version: async () => under } })
  for (const rows of parts) {
    await app.world.load(app.app, rows)
    await app.world.follow()
  }
  const { version: _, effectiveFrom: __, priorities, ...rest } = under
  const { id } = await start(app, { ...rest, priorities: [...priorities] })
  await run()
  return { ...(await both(app, id)), comparison: await comparison(app, id) }
}

describe('a flood', () => {
  const gaid = { advertising_id: 'gaid-flooded' }
  const flood = (count: number, from: number, stepMs: number, more: object) =>
    Array.from({ length: count }, (_, n) => click(`c${n}`, from - n * stepMs, more))

  it.each([
    ['last_touch', 'c0'],
    // Of a day the latest 1,000 are looked at: the first of them.
    ['first_touch', 'c999'],
  ] as const)('of 10,000 clicks on one device has the same winner in a what-if, by %s', async (model, winner) => {
    const rows = [...flood(10_000, NOW - HOUR, 1000, gaid), install('d1', NOW, gaid)]
    const { decided, replayed } = await bothOver([rows], { model })
    expect(decided).toEqual({ d1: winner })
    expect(replayed).toEqual(decided)
  })

  it('over several days leaves each day its latest 1,000 clicks, in a what-if as well', async () => {
    const rows = [
      ...flood(3_000, NOW - HOUR, DAY / 1_500, gaid),
      click('v', NOW - 30 * HOUR, { ...gaid, touchpoint_type: 'view' }),
      install('d1', NOW, gaid),
    ]
    const { decided, replayed } = await bothOver([rows], { model: 'first_touch' })
    // 1,500 clicks a day: on the day before yesterday the latest 1,000 of those before midnight.
    expect(decided.d1).toMatch(/^c\d+$/)
    expect(replayed).toEqual(decided)
  })

  it('after an install takes nothing from it in a what-if, though a later install shares id and address', async () => {
    const noon = NOW - 8 * DAY
    const known = { advertising_id: 'gaid-known' }
    const at = (minutes: number) => noon + minutes * 60_000
    const { decided, replayed } = await bothOver([
      [click('by-id', at(-60), known), install('known', at(0), known)],
      [click('by-address', at(-1), phone), install('unknown', at(0), phone)],
      [
        ...Array.from({ length: 1_200 }, (_, n) => click(`id-${n}`, at(1) + n * 1000, known)),
        ...Array.from({ length: 1_200 }, (_, n) => click(`ip-${n}`, at(1) + n * 1000, { ...phone, campaign: `c${n}` })),
      ],
      [install('known-again', at(300), known), install('unknown-again', at(300), phone)],
    ])
    expect(decided).toEqual({ known: 'by-id', unknown: 'by-address', 'known-again': 'id-1199', 'unknown-again': '' })
    expect(replayed).toEqual(decided)
  })

  it('that arrives after a decision has settled pushes nothing out of a what-if', async () => {
    const late = { ...gaid, received_at: new Date(NOW + 2 * DAY).toISOString() }
    const { decided, replayed } = await bothOver([
      [click('own', NOW - 2 * HOUR, gaid), install('d1', NOW, gaid)],
      flood(1_500, NOW - HOUR, 1000, late),
    ])
    expect(decided).toEqual({ d1: 'own' })
    expect(replayed).toEqual(decided)
  })

  it('of installs behind one address, or of one device, is decided in a what-if as it was when they came', async () => {
    const noon = NOW - 8 * DAY
    const shared = { ...gaid, ...phone }
    const farm = Array.from({ length: 1_300 }, (_, n) => install(`f${n}`, noon - 1_300_000 + n * 1000, shared))
    const { replayed, decided, comparison } = await bothOver([
      farm.slice(0, 1_100),
      farm.slice(1_100),
      [click('late', noon - 1000, phone), install('victim', noon, phone)],
    ])
    expect(decided.victim).toBe('')
    expect(replayed).toEqual(decided)
    expect(comparison).toMatchObject({ installs: 1_301, reinstallsBefore: 1_299, reinstallsAfter: 1_299, moved: 0 })
  })
})
