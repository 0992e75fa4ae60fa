import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { adoptReplay, discardReplay, getReplay, replayComparison } from '#server/modules/attribution/replay/service.ts'
import { openSettingsReader } from '#workers/attributor/settings-reader.ts'
import { click, DAY, decisionsOf, install, World } from '#workers/attributor/testing/world.ts'
import { AUTHOR, ONE_DAY, type TestApp, whatIfs } from './testing/what-ifs.ts'

const stores = useStores()
const { appWithInstalls, start, run } = whatIfs(stores, replayComparison)

describe('adopting', () => {
  it('decides installs from the date on under the new version, earlier ones under the old', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    await run()
    const adopted = await adoptReplay(of.app, 'America/New_York', { id, from: '2026-10-19', overVersion: 1 }, AUTHOR)
    expect(adopted).toMatchObject({ status: 'adopted', adoptedVersion: 2 })
    const world = new World(stores.clickhouse, `log-${randomUUID()}`, {
      settings: openSettingsReader(() => Date.now()),
    })
    // Midnight in New York is 04:00 UTC.
    const midnight = Date.UTC(2026, 9, 19, 4)
    const rows = [
      ['before', midnight - 1],
      ['after', midnight],
    ] as const
    await world.load(
      of.app,
      rows.flatMap(([name, time]) => {
        const gaid = { advertising_id: `gaid-${name}-${id}` }
        return [click(`clk-${name}-${id}`, time - 3 * DAY, gaid), install(`${name}-${id}`, time, gaid)]
      }),
    )
    await world.follow()
    const found = new Map((await decisionsOf(stores.clickhouse, of.app)).map((row) => [row.device_id, row]))
    expect(found.get(`before-${id}`)).toMatchObject({ settings_version: 1, media_source: 'google_ads' })
    expect(found.get(`after-${id}`)).toMatchObject({ settings_version: 2, media_source: 'organic' })
  })

  it('says so when somebody saved a version meanwhile, and adopts over it when told to', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    await run()
    await stores.admin.attributionSettings.create({
      data: { ...of.app, version: 2, settings: { clickLookbackMs: 30 * DAY } },
    })
    const adopt = (overVersion: number) => adoptReplay(of.app, 'UTC', { id, from: '2026-11-01', overVersion }, AUTHOR)
    await expect(adopt(1)).rejects.toThrow('Version 2 was saved meanwhile')
    expect(await adopt(2)).toMatchObject({ adoptedVersion: 3 })
  })

  it('refuses settings that are in force already', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of)
    await run()
    const adopted = adoptReplay(of.app, 'UTC', { id, from: '2026-11-01', overVersion: 1 }, AUTHOR)
    await expect(adopted).rejects.toThrow('in force already')
  })

  const adopt = (of: TestApp, id: string, from = '2026-11-01') =>
    adoptReplay(of.app, 'UTC', { id, from, overVersion: 1 }, AUTHOR)
  const versions = ({ app }: TestApp) =>
    stores.admin.attributionSettings.count({ where: { ...app, version: { gt: 1 } } })

  it.each([
    ['a period that is over', '2026-10-01', '2026-11-01'],
    ['a period that is still to come', '2098-01-01', '2098-02-01'],
  ])('a what-if over %s decides nothing about the date: only the one that is chosen does', async (_, from, to) => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY, { from, to })
    await run()
    const before = await decisionsOf(stores.clickhouse, of.app)
    expect(await adopt(of, id, '2026-12-24')).toMatchObject({ status: 'adopted', adoptedVersion: 2 })
    const saved = await stores.admin.attributionSettings.findFirst({ where: { ...of.app, version: 2 } })
    expect(saved?.settings).toMatchObject({ ...ONE_DAY, effectiveFrom: '2026-12-24T00:00:00.000Z' })
    const world = new World(stores.clickhouse, `log-${randomUUID()}`, {
      settings: openSettingsReader(() => Date.now()),
    })
    const days = [23, 24] as const
    const rows = days.map((day) => {
      const gaid = { advertising_id: `${day}-${id}` }
      const time = Date.UTC(2026, 11, day)
      return [click(`clk-${day}-${id}`, time - 3 * DAY, gaid), install(`new-${day}-${id}`, time, gaid)]
    })
    await world.load(of.app, rows.flat())
    await world.follow()
    const after = await decisionsOf(stores.clickhouse, of.app)
    const isNew = ({ device_id }: { device_id: string }) => device_id.startsWith('new-')
    expect(after.filter((row) => !isNew(row))).toEqual(before)
    expect(after.filter(isNew)).toMatchObject([
      { settings_version: 1, media_source: 'google_ads' },
      { settings_version: 2, media_source: 'organic' },
    ])
  })

  it('twice at once makes one version, and the second person reads why theirs was refused', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    await run()
    const both = await Promise.allSettled([adopt(of, id), adopt(of, id)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } })
    expect(await versions(of)).toBe(1)
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'adopted', adoptedVersion: 2 })
  })

  it('of two what-ifs at once makes one version and leaves the other to be adopted over it', async () => {
    const of = await appWithInstalls()
    const one = await start(of, ONE_DAY)
    const two = await start(of, { clickLookbackMs: 2 * DAY })
    await run()
    await run()
    const both = await Promise.allSettled([adopt(of, one.id), adopt(of, two.id)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await versions(of)).toBe(1)
    const states = await Promise.all([getReplay(of.app, one.id), getReplay(of.app, two.id)])
    expect(states.map(({ status }) => status).sort()).toEqual(['adopted', 'done'])
  })

  it('what somebody discards at the same moment adopts nothing', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    await run()
    const adopting = await stores.admin.$transaction(async (tx) => {
      // Whoever saves settings waits for the app's row.
      await tx.$queryRaw`select id from apps where id = ${of.app.appId} for update`
      const waiting = adopt(of, id).catch((error: unknown) => error)
      await expect.poll(async () => (await lockWaits())[0]?.waiting).toBe(1)
      await discardReplay(of.app, id)
      return { waiting }
    })
    expect(await adopting.waiting).toMatchObject({ code: 'conflict', message: expect.stringContaining('discarded') })
    expect(await versions(of)).toBe(0)
    await expect(getReplay(of.app, id)).rejects.toThrow('no such what-if')
  })
})

const lockWaits = () => stores.admin.$queryRaw<{ waiting: number }[]>`
  select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
