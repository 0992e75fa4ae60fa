import {
  type AttributionSettings,
  candidatesOf,
  type DecisionRow,
  type DecisionState,
  decide,
  decidedElsewhere,
  decisionRow,
  deviceKeys,
  engineInstall,
  essence,
  type Install,
  indexByKey,
  installKeys,
  type KeyedInstall,
  type StoredInstall,
  siblingsOf,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { type OnUnreadable, readDecisions, readInstallsByDeviceKeys, readTouchpoints, type Tenant } from './reads.ts'
import type { SettingsReader } from './settings-reader.ts'
import { append } from './store.ts'

/** What deciding needs from its process. */
export interface Tools {
  clickhouse: ClickHouseClient
  settings: SettingsReader
  /** Unix milliseconds. */
  now(): number
  onUnreadable: OnUnreadable
}

/** One device whose install is to be decided, with what was decided before. */
interface Work {
  stored: StoredInstall
  install: Install
  before: DecisionState | undefined
}

/**
 * Decides installs of one app and returns the rows that say something new; they are not yet written.
 * @param fresh install events that were not looked at before, or were before a crash; the first of a device counts
 * @param touched devices that a touchpoint may have changed
 */
export async function decideApp(
  tools: Tools,
  tenant: Tenant,
  fresh: readonly StoredInstall[],
  touched: readonly string[],
): Promise<DecisionRow[]> {
  const first = firstOfEachDevice(fresh)
  const known = await readDecisions(tools.clickhouse, tenant, [...new Set([...first.keys(), ...touched])])
  const work = new Map<string, Work>()
  for (const [deviceId, install] of first) {
    const before = known.get(deviceId)
    if (before && (decidedElsewhere(before) || !precedes(install, before.install))) continue
    work.set(deviceId, { stored: install, install: engineInstall(install), before })
  }
  const changed = [...work.values()]
  for (const deviceId of touched) {
    const before = known.get(deviceId)
    if (before && !work.has(deviceId) && !decidedElsewhere(before)) work.set(deviceId, decidedBefore(before))
  }
  // Before any decision: a late touchpoint of a later batch finds installs only through their keys.
  await append(tools.clickhouse, 'install_keys', keyRows(tenant, changed, tools.now()))

  const settings = await tools.settings.current(tenant)
  const siblings = await readSiblings(tools, tenant, work, changed, settings)
  const touchpoints = indexByKey(
    await readTouchpoints(
      tools.clickhouse,
      tenant,
      [...work.values()].map(({ install }) => install),
      tools.onUnreadable,
    ),
  )
  const decided: DecisionRow[] = []
  for (const { stored, install, before } of work.values()) {
    // An install keeps the settings it was first decided under: a late click must not bring in later windows.
    const under = before ? await tools.settings.version(tenant, before.settings_version) : settings
    const verdict = decide(install, candidatesOf(install, touchpoints), under, siblingsOf(install, siblings))
    const row = decisionRow(tenant, stored, verdict, before, tools.now())
    if (before?.essence !== essence(row)) decided.push(row)
  }
  return decided
}

const decidedBefore = (before: DecisionState): Work => ({
  stored: before.install,
  install: engineInstall(before.install),
  before,
})

/**
 * Whether an install event comes before another of the same device: production before sandbox, then by event time, then
 * by event id. Nothing here depends on the order of arrival, so that every order leads to the same decision.
 */
export function precedes(one: StoredInstall, other: StoredInstall): boolean {
  if (one.environment !== other.environment) return one.environment === 'production'
  const byTime = Date.parse(one.install_time) - Date.parse(other.install_time)
  return byTime === 0 ? one.event_id < other.event_id : byTime < 0
}

function firstOfEachDevice(installs: readonly StoredInstall[]): Map<string, StoredInstall> {
  const first = new Map<string, StoredInstall>()
  for (const install of installs) {
    const other = first.get(install.device_id)
    if (!other || precedes(install, other)) first.set(install.device_id, install)
  }
  return first
}

function keyRows({ orgId, appId }: Tenant, changed: readonly Work[], now: number): object[] {
  return changed.flatMap(({ stored, install, before }) => {
    const row = (key: string, removed: boolean) => ({
      org_id: orgId,
      app_id: appId,
      key,
      device_id: stored.device_id,
      install_time: stored.install_time,
      environment: stored.environment,
      removed,
      written_at: new Date(now).toISOString(),
    })
    const keys = new Set<string>(installKeys(install))
    const gone = before ? installKeys(engineInstall(before.install)).filter((key) => !keys.has(key)) : []
    return [...[...keys].map((key) => row(key, false)), ...gone.map((key) => row(key, true))]
  })
}

/**
 * Installs that share a device key with the work, by key. Installs that came later on the same device join the work,
 * because a changed install before them makes them reinstalls.
 */
async function readSiblings(
  { clickhouse }: Tools,
  tenant: Tenant,
  work: Map<string, Work>,
  changed: readonly Work[],
  settings: AttributionSettings,
): Promise<Map<string, KeyedInstall[]>> {
  const byKey = new Map<string, KeyedInstall[]>()
  const load = async (installs: Iterable<Install>) => {
    const missing = new Set([...installs].flatMap(deviceKeys).filter((key) => !byKey.has(key)))
    for (const key of missing) byKey.set(key, [])
    for (const found of await readInstallsByDeviceKeys(clickhouse, tenant, [...missing]))
      byKey.get(found.key)?.push(found)
  }
  await load([...work.values()].map(({ install }) => install))

  const later = new Set<string>()
  for (const { install, before } of changed) {
    const since = Math.min(install.installTime, before ? Date.parse(before.install.install_time) : install.installTime)
    for (const sibling of siblingsOf(install, byKey)) {
      const age = sibling.installTime - since
      if (age >= 0 && age <= settings.reinstallWindowMs && !work.has(sibling.deviceId)) later.add(sibling.deviceId)
    }
  }
  for (const [deviceId, before] of await readDecisions(clickhouse, tenant, [...later])) {
    if (!decidedElsewhere(before)) work.set(deviceId, decidedBefore(before))
  }
  await load([...work.values()].map(({ install }) => install))
  return byKey
}
