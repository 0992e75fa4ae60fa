import { randomUUID } from 'node:crypto'
import { makeTenant, type TestTenant } from '#e2e/fixtures/collector.ts'
import type { TestStores } from '#e2e/fixtures/stores.ts'
import {
  claimReplay,
  createReplay,
  DEFAULT_SETTINGS,
  type SettingsFields,
  settingsFields,
} from '#server/modules/attribution/index.ts'
import type { AppId, OrgId, UserId } from '#server/platform/ids.ts'
import { type TenantScope, wholeOrganization } from '#server/tenancy/index.ts'
import { openSettingsReader } from '#workers/attributor/settings-reader.ts'
import { click, DAY, HOUR, install, NOW, view, World } from '#workers/attributor/testing/world.ts'
import { type ReplayTools, runReplay } from '../run.ts'

const SETTINGS = settingsFields.parse(DEFAULT_SETTINGS)
const PERIOD = { from: '2026-10-01', to: '2026-11-01' }
export const AUTHOR = 'usr_nobody' as UserId
export const ONE_DAY = { clickLookbackMs: DAY }
/** What {@link ONE_DAY} makes of the installs of `appWithInstalls`. */
export const EXPECTED = [
  'google_ads > google_ads: 5',
  'google_ads > organic: 10',
  'google_ads > tiktok_ads: 5',
  'meta_ads > meta_ads: 5',
  'meta_ads > organic: 10',
  'meta_ads > tiktok_ads: 5',
  'organic > organic: 5',
]

/** An app of a test with the attributor's steps over it. */
export interface TestApp {
  app: { orgId: OrgId; appId: AppId }
  world: World
}

interface Flows {
  flows: readonly { from: string; to: string; installs: number }[]
}

/**
 * What tests of what-ifs share, over the stores of one test file.
 * @param compare the module's `replayComparison`, which workers do not see
 */
export function whatIfs<C extends Flows>(
  stores: TestStores,
  compare: (app: TestApp['app'], scope: TenantScope, id: string, currency: string) => Promise<C>,
) {
  /** An app without installs. */
  async function emptyApp(): Promise<TestApp> {
    const tenant: TestTenant = await makeTenant(stores)
    const app = { orgId: tenant.orgId as OrgId, appId: tenant.appId as AppId }
    const settings = openSettingsReader(() => Date.now())
    return { app, world: new World(stores.clickhouse, `log-${randomUUID()}`, { settings }) }
  }

  /** An app with installs: 30 whose click was 3 days before, 10 an hour before, 5 that name no touchpoint. */
  async function appWithInstalls() {
    const { app, world } = await emptyApp()
    const rows = Array.from({ length: 45 }, (_, at) => {
      const id = String(at).padStart(3, '0')
      const time = NOW - 10 * DAY + at * HOUR
      const gaid = { advertising_id: `gaid-${id}` }
      const before = at < 30 ? 3 * DAY : HOUR
      const source = at % 2 === 0 ? 'google_ads' : 'meta_ads'
      return [
        ...(at < 40 ? [click(`clk-${app.appId}-${id}`, time - before, { ...gaid, media_source: source })] : []),
        // A view of another source, a little before: it earns what a shorter click window sets free.
        ...(at < 10 ? [view(`vw-${app.appId}-${id}`, time - 2 * HOUR, { ...gaid, media_source: 'tiktok_ads' })] : []),
        install(`${app.appId}-${id}`, time, gaid),
      ]
    }).flat()
    await world.load(app, rows)
    await world.follow()
    return { app, world, device: (at: number) => `${app.appId}-${String(at).padStart(3, '0')}` }
  }

  const start = ({ app }: Pick<TestApp, 'app'>, more: Partial<SettingsFields> = {}, period = PERIOD) =>
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

  const comparison = ({ app }: Pick<TestApp, 'app'>, id: string) =>
    compare(app, { ...wholeOrganization(app.orgId), apps: [app.appId] }, id, 'USD')

  const flowsOf = async (of: Pick<TestApp, 'app'>, id: string) =>
    (await comparison(of, id)).flows.map(({ from, to, installs }) => `${from} > ${to}: ${installs}`).sort()

  /** Rows of a replay in ClickHouse: decisions, and installs of its copy. */
  async function rowsOf(id: string): Promise<number[]> {
    const replay = await stores.admin.attributionReplay.findUniqueOrThrow({ where: { id } })
    return [
      await countOf('replay_decisions', 'replay_id', id),
      await countOf('replay_installs', 'snapshot_id', replay.snapshotId ?? ''),
    ]
  }

  async function countOf(table: string, column: string, value: string): Promise<number> {
    const result = await stores.clickhouse.query({
      query: `select toUInt32(count()) as n from ${table} where ${column} = {value:String}`,
      query_params: { value },
      format: 'JSONEachRow',
    })
    return (await result.json<{ n: number }>())[0]?.n ?? -1
  }

  /** As if a worker that holds a replay had been silent for longer than its lease. */
  const silence = (id: string) =>
    stores.admin.attributionReplay.update({ where: { id }, data: { leaseUntil: new Date(Date.now() - 1000) } })

  return { emptyApp, appWithInstalls, start, tools, run, comparison, flowsOf, rowsOf, countOf, silence }
}
