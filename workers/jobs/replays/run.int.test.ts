import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeTenant, type TestTenant } from '#e2e/fixtures/collector.ts'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import {
  claimReplay,
  DEFAULT_SETTINGS,
  LostReplay,
  type SettingsFields,
  settingsFields,
} from '#server/modules/attribution/index.ts'
import {
  adoptReplay,
  cancelReplay,
  createReplay,
  discardReplay,
  getReplay,
  replayComparison,
} from '#server/modules/attribution/replay/service.ts'
import type { AppId, OrgId, UserId } from '#server/platform/ids.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import { openSettingsReader } from '#workers/attributor/settings-reader.ts'
import { click, DAY, decisionsOf, HOUR, install, NOW, view, World } from '#workers/attributor/testing/world.ts'
import { clearReplays } from './index.ts'
import { type ReplayTools, runReplay } from './run.ts'

const stores = useStores()
const SETTINGS = settingsFields.parse(DEFAULT_SETTINGS)
const PERIOD = { from: '2026-10-01', to: '2026-11-01' }
const AUTHOR = 'usr_nobody' as UserId

/** An app with installs: 30 whose click was 3 days before, 10 an hour before, 5 that name no touchpoint. */
async function appWithInstalls() {
  const tenant: TestTenant = await makeTenant(stores)
  const app = { orgId: tenant.orgId as OrgId, appId: tenant.appId as AppId }
  const settings = openSettingsReader(() => Date.now())
  const world = new World(stores.clickhouse, `log-${randomUUID()}`, { settings })
  const rows = Array.from({ length: 45 }, (_, at) => {
    const id = String(at).padStart(3, '0')
    const time = NOW - 10 * DAY + at * HOUR
    const gaid = { advertising_id: `gaid-${id}` }
    const before = at < 30 ? 3 * DAY : HOUR
    return [
      ...(at < 40
        ? [
            click(`clk-${app.appId}-${id}`, time - before, {
              ...gaid,
              media_source: at % 2 === 0 ? 'google_ads' : 'meta_ads',
            }),
          ]
        : []),
      // A view of another source, a little before: it earns what a shorter click window sets free.
      ...(at < 10 ? [view(`vw-${app.appId}-${id}`, time - 2 * HOUR, { ...gaid, media_source: 'tiktok_ads' })] : []),
      install(`${app.appId}-${id}`, time, gaid),
    ]
  }).flat()
  await world.load(app, rows)
  await world.follow()
  return { app, world, device: (at: number) => `${app.appId}-${String(at).padStart(3, '0')}` }
}
type World45 = Awaited<ReturnType<typeof appWithInstalls>>

const start = ({ app }: World45, more: Partial<SettingsFields> = {}, period = PERIOD) =>
  createReplay(app, 'UTC', { name: 'One day', ...period, settings: { ...SETTINGS, ...more } }, AUTHOR)

const tools = (more: Partial<ReplayTools> = {}): ReplayTools => ({
  worker: randomUUID(),
  postgres: stores.admin,
  clickhouse: stores.clickhouse,
  now: () => Date.now(),
  ...more,
})

/** Claims the next replay and runs it. */
async function run(more: Partial<ReplayTools> = {}) {
  const given = tools(more)
  const held = await claimReplay(given.worker)
  if (!held) throw new Error('There is no replay to run.')
  return runReplay(held, given)
}

const scope = ({ app }: World45) => ({ ...wholeOrganization(app.orgId), apps: [app.appId] })
const comparison = (of: World45, id: string) => replayComparison(of.app, scope(of), id, 'USD')
const flowsOf = async (of: World45, id: string) =>
  (await comparison(of, id)).flows.map(({ from, to, installs }) => `${from} > ${to}: ${installs}`).sort()
const ONE_DAY = { clickLookbackMs: DAY }
const EXPECTED = [
  'google_ads > google_ads: 5',
  'google_ads > organic: 10',
  'google_ads > tiktok_ads: 5',
  'meta_ads > meta_ads: 5',
  'meta_ads > organic: 10',
  'meta_ads > tiktok_ads: 5',
  'organic > organic: 5',
]

describe('a what-if over stored installs', () => {
  let of: World45
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

describe('interruptions', () => {
  it('a worker that is killed half way leaves its replay to the next, which writes no install twice and misses none', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    const child = fork(join(import.meta.dirname, 'testing/replay-process.ts'), [
      stores.databaseUrl,
      stores.clickhouseUrl,
      stores.clickhouseDatabase,
    ])
    const gone = once(child, 'exit')
    for (let slices = 0; slices < 3; ) slices = Number((await once(child, 'message'))[0])
    child.kill('SIGKILL')
    await gone
    const { status, leaseOwner, slicesDone, installsDone } = await stores.admin.attributionReplay.findUniqueOrThrow({
      where: { id },
    })
    expect({ status, leaseOwner }).toEqual({ status: 'running', leaseOwner: 'killed' })
    // As if it had died after writing its last slice and before noting it, and 20 seconds later.
    await stores.admin.attributionReplay.update({
      where: { id },
      data: { slicesDone: slicesDone - 1, installsDone: installsDone - 4, leaseUntil: new Date(Date.now() - 1000) },
    })
    await run({ sliceInstalls: 4 })
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'done', installsDone: 45, installsTotal: 45 })
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  }, 90_000)

  it('a worker that is stopped hands its replay back, and it goes on after the slices that are written', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    const stopping = new AbortController()
    const ended = run({
      sliceInstalls: 4,
      signal: stopping.signal,
      onSlice: ({ slices }) => {
        if (slices === 3) stopping.abort(new Error('The process is stopping.'))
      },
    })
    await expect(ended).rejects.toThrow('stopping')
    const { status, installsDone } = await getReplay(of.app, id)
    expect(status).toBe('queued')
    const first: number[] = []
    await run({ sliceInstalls: 4, onSlice: ({ installs }) => void first.push(installs) })
    expect(first[0]).toBeGreaterThan(installsDone)
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  })

  it('one whose copy of the installs cannot be removed has its result all the same', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of)
    const clickhouse = new Proxy(stores.clickhouse, {
      get(target, name) {
        const own = Reflect.get(target, name)
        if (name !== 'command') return typeof own === 'function' ? own.bind(target) : own
        return (asked: Parameters<typeof target.command>[0]) =>
          /^\s*(delete|alter)/i.test(asked.query) ? Promise.reject(new Error('away')) : target.command(asked)
      },
    })
    await run({ clickhouse })
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'done', installsDone: 45 })
  })

  it('one that is cancelled while it runs stops, has no result, and its rows are removed', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    const ended = run({
      sliceInstalls: 4,
      onSlice: async ({ slices }) => {
        if (slices === 2) await cancelReplay(of.app, id)
      },
    })
    await expect(ended).rejects.toThrow(LostReplay)
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'cancelled' })
    await expect(comparison(of, id)).rejects.toThrow('no result')
    await clearReplays(stores.clickhouse)
    expect(await rowsOf(id)).toEqual([0, 0])
  })

  it('one that waits is cancelled at once and nobody takes it', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of)
    expect(await cancelReplay(of.app, id)).toMatchObject({ status: 'cancelled' })
    expect(await claimReplay('somebody')).toBeNull()
  })

  it('settings, touchpoints and installs that come while it runs change nothing in it', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    await run({
      sliceInstalls: 4,
      onSlice: async ({ slices }) => {
        if (slices !== 1) return
        const last = NOW - 10 * DAY + 44 * HOUR
        const late = {
          advertising_id: 'gaid-044',
          media_source: 'late_ads',
          received_at: new Date(Date.now() + HOUR).toISOString(),
        }
        await of.world.load(of.app, [click(`late-${id}`, last - HOUR, late), install(`new-${id}`, last, {})])
        await of.world.follow()
        await stores.admin.attributionSettings.create({
          data: { ...of.app, version: 2, settings: { clickLookbackMs: 30 * DAY } },
        })
      },
    })
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
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

/** Rows of a replay in ClickHouse: decisions, and installs of its copy. */
async function rowsOf(id: string): Promise<number[]> {
  const replay = await stores.admin.attributionReplay.findUniqueOrThrow({ where: { id } })
  const count = async (table: string, column: string, value: string) => {
    const result = await stores.clickhouse.query({
      query: `select toUInt32(count()) as n from ${table} where ${column} = {value:String}`,
      query_params: { value },
      format: 'JSONEachRow',
    })
    return (await result.json<{ n: number }>())[0]?.n ?? -1
  }
  return [
    await count('replay_decisions', 'replay_id', id),
    await count('replay_installs', 'snapshot_id', replay.snapshotId ?? ''),
  ]
}
