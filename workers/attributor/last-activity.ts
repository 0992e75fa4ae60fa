import { z } from 'zod'
import {
  earlierInstall,
  type FoundTouchpoint,
  type KeyedInstall,
  SETTLE_MS,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { inStretch, type Stretch, stretchParams, type Tenant, tenantFields } from './reads.ts'
import { type ActiveDay, nameOf, readDays } from './returns/index.ts'
import { append, inTurns, pieces, rows } from './store.ts'
import { arrivalOf, type Work } from './work.ts'

/**
 * What a key of `keyed_installs` begins with that finds a reinstall by the device id of its earlier install, where retargeting
 * may have brought it about. Unlike a `MatchKey`, no touchpoint has it.
 */
const RETARGETED_KEY = 'o:'

/** An install that is to be decided, with what it will be decided by. */
export interface Asking extends Work {
  candidates: readonly FoundTouchpoint[]
  previousInstalls: readonly KeyedInstall[]
}

/** A reinstall that retargeting may have brought about. */
interface Reinstall {
  work: Work
  /** Device id of the earlier install. */
  earlier: string
}

interface Tools {
  clickhouse: ClickHouseClient
  /** Unix milliseconds. */
  now(): number
}

/**
 * When the devices of reinstalls were last active before them, Unix milliseconds, by the reinstall's device id: of those that
 * retargeting may have brought about, as far as it is known. What arrived after a decision settled does not count in it.
 * The reinstalls are remembered by their earlier installs, so that activity that arrives late finds them.
 * @param reinstallWindowMs the longest of the app's settings versions
 * @throws ClickHouseError, or a connection error when the store is away
 */
export async function lastActivityOf(
  tools: Tools,
  tenant: Tenant,
  asking: readonly Asking[],
  reinstallWindowMs: number,
): Promise<Map<string, number>> {
  const reinstalls = asking.flatMap(({ candidates, previousInstalls, ...work }): Reinstall[] => {
    if (!candidates.some(({ isRetargeting }) => isRetargeting)) return []
    const earlier = earlierInstall(work.install, previousInstalls, reinstallWindowMs)
    return earlier === null ? [] : [{ work, earlier: earlier.deviceId }]
  })
  if (reinstalls.length === 0) return new Map()
  await append(
    tools.clickhouse,
    'keyed_installs',
    reinstalls.map((one) => keyRow(tenant, one, tools.now())),
  )
  const days = await readDays(tools.clickhouse, tenant, [...new Set(reinstalls.map(({ earlier }) => earlier))])
  const found = await inTurns(reinstalls, async (one): Promise<[string, number][]> => {
    const { stored, install } = one.work
    const active = days.get(nameOf(one.earlier, stored.environment)) ?? []
    const last = await lastBefore(tools, tenant, one, active)
    return last === undefined ? [] : [[install.deviceId, last]]
  })
  return new Map(found.flat())
}

/**
 * The last activity before a reinstall that its decision may go by: once that has settled, only what had arrived before.
 * @param days on which the device was active in the earlier install
 */
async function lastBefore(
  { clickhouse, now }: Tools,
  tenant: Tenant,
  { work: { stored, install, before }, earlier }: Reinstall,
  days: readonly ActiveDay[],
): Promise<number | undefined> {
  const { settlesAt } = arrivalOf(stored)
  const decided = before?.install.last_active_at
  const began = days.filter(({ first }) => first <= install.installTime)
  const last = began.length === 0 ? undefined : began.reduce((latest, day) => Math.max(latest, day.last), 0)
  // Also where it was never decided: whoever comes late to a log must decide as if it had been in time.
  const settled = now() > settlesAt && (decided === undefined || last !== Date.parse(decided))
  // A day knows its first and its last moment: of one on which the device was active on both sides, the events tell more.
  if (!settled && (last === undefined || last <= install.installTime)) return last
  const found = await rows(
    clickhouse,
    `select toString(toUnixTimestamp64Milli(max(event_time))) as last from events
     where org_id = {org:String} and app_id = {app:String} and device_id = {device:String} and environment = {environment:String}
       and event_time <= fromUnixTimestamp64Milli({install:Int64}, 'UTC')
       ${settled ? "and received_at <= fromUnixTimestamp64Milli({settles:Int64}, 'UTC')" : ''}
     having count() > 0`,
    {
      ...{ org: tenant.orgId, app: tenant.appId, device: earlier, environment: stored.environment },
      ...{ install: install.installTime, settles: settlesAt },
    },
  )
  const [inTime] = z.array(z.object({ last: z.string().transform(Number) })).parse(found)
  return inTime?.last ?? (decided === undefined ? undefined : Date.parse(decided))
}

function keyRow({ orgId, appId }: Tenant, { work: { stored }, earlier }: Reinstall, now: number): object {
  return {
    org_id: orgId,
    app_id: appId,
    key: `${RETARGETED_KEY}${earlier}`,
    install_time: stored.install_time,
    device_id: stored.device_id,
    environment: stored.environment,
    traits: '',
    received_at: stored.received_at,
    removed: false,
    written_at: new Date(now).toISOString(),
  }
}

/**
 * Devices whose reinstall retargeting may have brought about and whose earlier install was active in the stretch, before the
 * reinstall and before that settled.
 * @param apps those with retargeting
 */
export async function readActiveBefore(
  clickhouse: ClickHouseClient,
  stretch: Stretch,
  apps: readonly Tenant[],
): Promise<{ tenant: Tenant; deviceId: string }[]> {
  const lists = pieces(apps.map(({ orgId, appId }) => `${orgId}\n${appId}`))
  const found = await inTurns(lists, (list) =>
    rows(
      clickhouse,
      `with active as (
         select org_id, app_id, concat('${RETARGETED_KEY}', device_id) as key, environment,
           min(event_time) as first, min(received_at) as arrived
         from events
         where ${inStretch(stretch)} and device_id != '' and concat(org_id, '\\n', app_id) in {apps:Array(String)}
         group by org_id, app_id, key, environment
       )
       select distinct k.org_id as org_id, k.app_id as app_id, k.device_id as device_id
       from (
         select org_id, app_id, key, device_id, environment, install_time, received_at from keyed_installs
         where startsWith(key, '${RETARGETED_KEY}') and (org_id, app_id, key) in (select org_id, app_id, key from active)
       ) as k
       inner join active as a
         on a.org_id = k.org_id and a.app_id = k.app_id and a.key = k.key and a.environment = k.environment
       where a.first <= k.install_time and a.arrived <= k.received_at + toIntervalMillisecond({settle:UInt64})`,
      { ...stretchParams(stretch), apps: list, settle: SETTLE_MS },
    ),
  )
  return found.flat().map((row) => {
    const { org_id, app_id, device_id } = z.object({ ...tenantFields, device_id: z.string() }).parse(row)
    return { tenant: { orgId: org_id, appId: app_id }, deviceId: device_id }
  })
}
