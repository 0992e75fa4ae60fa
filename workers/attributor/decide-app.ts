import {
  type AttributionSettings,
  candidatesOf,
  type DecisionRow,
  type DecisionState,
  decide,
  decidedElsewhere,
  decisionRow,
  engineInstall,
  essence,
  indexByKey,
  type StoredInstall,
  settingsInForce,
  surroundingsOf,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { InstallsByKey, keyRows } from './installs-by-key.ts'
import { lastActivityOf } from './last-activity.ts'
import { readDecisions, readTouchpoints } from './lookups.ts'
import type { OnUnreadable, Tenant } from './reads.ts'
import type { RetargetingApps } from './returns/index.ts'
import type { SettingsReader } from './settings-reader.ts'
import { append } from './store.ts'
import { arrivalOf, firstOfEachDevice, type Work, withEvent } from './work.ts'

/** What deciding needs from its process. */
export interface Tools {
  clickhouse: ClickHouseClient
  settings: SettingsReader
  retargeting: RetargetingApps
  /** Unix milliseconds. */
  now(): number
  onUnreadable: OnUnreadable
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
  const { clickhouse, now, onUnreadable } = tools
  const first = firstOfEachDevice(fresh)
  // Most installs are new and stay as they came: what they are decided by is read while it is found out which do not.
  const reading = readTouchpoints(clickhouse, tenant, [...first.values()].map(asking), onUnreadable)
  // It is awaited further down; should something before that fail, its own failure must not end the process.
  reading.catch(() => undefined)
  const installs = new InstallsByKey(clickhouse, tenant)
  await installs.load([...first.values()].map(engineInstall))
  // Most installs are new: only of devices with a key there can be a decision.
  const decidedBefore = [...first.keys()].filter((deviceId) => installs.has(deviceId))
  const known = await readDecisions(clickhouse, tenant, [...new Set([...decidedBefore, ...touched])])
  const work = new Map<string, Work>()
  for (const [deviceId, stored] of first) {
    const before = known.get(deviceId)
    if (before && decidedElsewhere(before)) continue
    const full = before ? withEvent(before.install, stored) : stored
    if (full !== before?.install) work.set(deviceId, { stored: full, install: engineInstall(full), before })
  }
  const changed = [...work.values()]
  for (const deviceId of touched) {
    const before = known.get(deviceId)
    if (before && !work.has(deviceId) && !decidedElsewhere(before)) work.set(deviceId, again(before))
  }
  // Before any decision: a late touchpoint of a later batch finds installs only through their keys.
  await append(clickhouse, 'keyed_installs', keyRows(tenant, changed, now()))
  await installs.load(changed.flatMap(({ before }) => (before ? [engineInstall(before.install)] : [])))
  const versions = await tools.settings.versions(tenant)
  installs.put(changed)
  const reinstallWindow = Math.max(...versions.map(({ reinstallWindowMs }) => reinstallWindowMs))
  const later = changed.flatMap((one) => installs.followersOf(one, reinstallWindow)).filter((id) => !work.has(id))
  for (const [deviceId, before] of await readDecisions(clickhouse, tenant, [...new Set(later)])) {
    if (!decidedElsewhere(before)) work.set(deviceId, again(before))
  }
  const all = [...work.values()]
  await installs.load(all.slice(changed.length).map(({ install }) => install))
  installs.put(changed)

  const others = all.flatMap(({ stored }) => (first.get(stored.device_id) === stored ? [] : [asking(stored)]))
  const found = [...(await readTouchpoints(clickhouse, tenant, others, onUnreadable)), ...(await reading)]
  const touchpoints = indexByKey(new Map(found.map((one) => [one.touchpointId, one])).values())
  const surrounded = all.map((one) => {
    const arrival = arrivalOf(one.stored)
    const candidates = candidatesOf(one.install, touchpoints, arrival)
    return { ...one, candidates, ...surroundingsOf(one.install, installs.byKey, arrival) }
  })
  const lastActivity = await lastActivityOf(tools, tenant, surrounded, reinstallWindow)
  const decided: DecisionRow[] = []
  for (const one of surrounded) {
    const { candidates, previousInstalls, neighbours, before } = one
    const stored = withActivity(one.stored, lastActivity.get(one.install.deviceId))
    const install = stored === one.stored ? one.install : engineInstall(stored)
    const under = await settingsFor(one, versions, (version) => tools.settings.version(tenant, version))
    const verdict = decide(install, candidates, under, previousInstalls, neighbours)
    const row = decisionRow(tenant, stored, verdict, before, now())
    // An install that was completed is kept also where that changes nothing yet: what it names may still arrive.
    if (before?.essence !== essence(row) || stored !== before.install) decided.push(row)
  }
  return decided
}

/** The install with its device's last activity before it; the same object where that is no news. */
function withActivity(stored: StoredInstall, lastActive: number | undefined): StoredInstall {
  const last_active_at = lastActive === undefined ? stored.last_active_at : new Date(lastActive).toISOString()
  return last_active_at === undefined || last_active_at === stored.last_active_at
    ? stored
    : { ...stored, last_active_at }
}

const asking = (stored: StoredInstall) => ({ install: engineInstall(stored), arrival: arrivalOf(stored) })

const again = (before: DecisionState): Work => ({
  stored: before.install,
  install: engineInstall(before.install),
  before,
})

/** An install keeps the settings it was first decided under: a late click must not bring in later windows. */
function settingsFor(
  { install, before }: Work,
  versions: readonly [AttributionSettings, ...AttributionSettings[]],
  version: (version: number) => Promise<AttributionSettings>,
): AttributionSettings | Promise<AttributionSettings> {
  if (!before) return settingsInForce(versions, install.installTime)
  return versions.find((one) => one.version === before.settings_version) ?? version(before.settings_version)
}
