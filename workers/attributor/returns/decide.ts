import {
  type AttributionSettings,
  candidatesOf,
  decideReengagement,
  type Install,
  indexByKey,
  installKeys,
  isNetworkKey,
  type ReengagementRow,
  reengagementEssence,
  reengagementRow,
  type StoredInstall,
  settingsInForce,
} from '#server/modules/attribution/index.ts'
import type { Tools } from '../decide-app.ts'
import { readTouchpoints } from '../lookups.ts'
import type { Tenant } from '../reads.ts'
import { append } from '../store.ts'
import { arrivalOf } from '../work.ts'
import { type Pause, pausesOf, REPORT_MS } from './pauses.ts'
import { type DecidedReturn, nameOf, type Returnee, readDays, readReengagements, readReturnEvents } from './reads.ts'
import { attributedFrom, type Comeback, comebacksAfter, keepSettled } from './settled.ts'

/**
 * Decides the returns of devices of one app from a time on, and appends what says something new: re-engagements, and that
 * an earlier one is none. A return without a click is remembered by its keys, so that a late click finds it.
 * @returns rows written
 */
export async function decideReturns(tools: Tools, tenant: Tenant, returnees: readonly Returnee[]): Promise<number> {
  const comebacks = await comebacksOf(tools, tenant, returnees)
  if (comebacks.length === 0) return 0
  const versions = await tools.settings.versions(tenant)
  const installs = new Map(comebacks.map(({ event }) => [event, asInstall(event)]))
  const asking = [...installs].map(([event, install]) => ({ install, arrival: arrivalOf(event) }))
  const touchpoints = indexByKey(await readTouchpoints(tools.clickhouse, tenant, asking, tools.onUnreadable))
  const changed: ReengagementRow[] = []
  const paused: StoredInstall[] = []
  for (const { event, pause, reported, before } of comebacks) {
    const install = installs.get(event) ?? asInstall(event)
    const under = await settingsFor(tools, tenant, versions, install.installTime, before)
    const back = { ...install, time: install.installTime, reported }
    const found = candidatesOf(install, touchpoints, arrivalOf(event))
    const verdict = decideReengagement(back, pause?.lastActivity ?? null, found, under)
    if (verdict.reason !== 'still_active' && verdict.reason !== 'reengagements_off') paused.push(event)
    if (verdict.outcome === 'organic' && before === undefined) continue
    const row = reengagementRow(tenant, event, verdict, before, tools.now())
    if (before?.essence !== reengagementEssence(row)) changed.push(row)
  }
  // Before the rows: a later batch finds these returns through their keys.
  await append(
    tools.clickhouse,
    'keyed_installs',
    paused.flatMap((event) => returnKeys(tenant, event, tools.now())),
  )
  await append(tools.clickhouse, 'reengagements', changed)
  return changed.length
}

async function comebacksOf(tools: Tools, tenant: Tenant, returnees: readonly Returnee[]): Promise<Comeback[]> {
  const { clickhouse, onUnreadable } = tools
  const since = new Map<string, number>()
  for (const one of returnees) {
    const name = nameOf(one.deviceId, one.environment)
    since.set(name, Math.min(one.since, since.get(name) ?? one.since))
  }
  const deviceIds = [...new Set(returnees.map(({ deviceId }) => deviceId))]
  const days = await readDays(clickhouse, tenant, deviceIds)
  const pauses = new Map<string, Pause[]>()
  for (const [name, from] of since) {
    // A report that is looked at again may end a pause that lies as much further back.
    const recent = pausesOf(days.get(name) ?? []).filter(({ returnedAt }) => returnedAt >= from - 2 * REPORT_MS)
    pauses.set(name, recent)
  }
  const times = [...new Set([...pauses.values()].flat().map(({ returnedAt }) => returnedAt))]
  const earliest = [...since.values()].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const [events, decided] = await Promise.all([
    readReturnEvents(clickhouse, tenant, deviceIds, earliest, times, onUnreadable),
    readReengagements(clickhouse, tenant, deviceIds),
  ])
  const [reported, first] = [byName(events.reported), byName(events.first)]
  const known = [...since].map(([name, from]) => {
    const of = {
      reported: reported.get(name) ?? [],
      first: first.get(name) ?? [],
      before: decided.get(name) ?? new Map<string, DecidedReturn>(),
      // Decisions about returns from then on are looked at again.
      from: from - REPORT_MS,
    }
    return { ...of, found: comebacksAfter(pauses.get(name) ?? [], of) }
  })
  const kept = await keepSettled(clickhouse, tenant, known, tools.now())
  return kept.flatMap((found, at) => {
    const ids = new Set(found.map(({ event }) => event.event_id))
    const of = known[at]
    const gone = (of ? attributedFrom(of) : [])
      .filter(({ event }) => !ids.has(event.event_id))
      .map((one): Comeback => ({ event: one.event, pause: undefined, reported: false, before: one }))
    return [...found, ...gone]
  })
}

const byName = (events: readonly StoredInstall[]): Map<string, StoredInstall[]> =>
  Map.groupBy(events, (one) => nameOf(one.device_id, one.environment))

/** A return in the form in which its touchpoints are looked for. Never by network address: see `decideReengagement`. */
function asInstall(event: StoredInstall): Install {
  return {
    deviceId: event.device_id,
    installTime: Date.parse(event.install_time),
    platform: event.platform,
    environment: event.environment,
    clickId: event.click_id,
    advertisingId: event.advertising_id,
    idfv: event.idfv,
    customerUserId: event.customer_user_id,
  }
}

function returnKeys({ orgId, appId }: Tenant, event: StoredInstall, now: number): object[] {
  return installKeys(asInstall(event))
    .filter((key) => !isNetworkKey(key))
    .map((key) => ({
      org_id: orgId,
      app_id: appId,
      key: `r${key}`,
      install_time: event.install_time,
      device_id: event.device_id,
      environment: event.environment,
      traits: '',
      received_at: event.received_at,
      removed: false,
      written_at: new Date(now).toISOString(),
    }))
}

/** A return keeps the settings it was first decided under, as an install does. */
async function settingsFor(
  { settings }: Tools,
  tenant: Tenant,
  versions: readonly [AttributionSettings, ...AttributionSettings[]],
  time: number,
  before: DecidedReturn | undefined,
): Promise<AttributionSettings> {
  return before ? settings.version(tenant, before.settings_version) : settingsInForce(versions, time)
}
