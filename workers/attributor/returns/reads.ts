import { z } from 'zod'
import {
  AHEAD_MS,
  type ReengagementState,
  reengagementEssence,
  type StoredInstall,
  storedInstallSchema,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import {
  EVENT_COLUMNS,
  inStretch,
  type OnUnreadable,
  readEvents,
  type Stretch,
  stretchParams,
  type Tenant,
  TOUCHPOINT_KEYS,
  tenantFields,
} from '../reads.ts'
import { inTurns, numberList, pieces, rows, rowsByKeys } from '../store.ts'
import { type ActiveDay, REPORT_MS, SHORTEST_PAUSE_MS } from './pauses.ts'

/** A device whose returns are to be looked at, from a time on (Unix milliseconds). */
export interface Returnee {
  tenant: Tenant
  deviceId: string
  environment: 'production' | 'sandbox'
  since: number
}

const returneeSchema = z.object({
  ...tenantFields,
  device_id: z.string(),
  environment: z.enum(['production', 'sandbox']),
  since: z.string(),
})

/**
 * Notes when the devices of the stretch were active. Least and greatest times, so that a repetition adds nothing.
 * @throws ClickHouseError, or a connection error when the store is away
 */
export async function recordActivity(clickhouse: ClickHouseClient, stretch: Stretch): Promise<void> {
  await clickhouse.command({
    query: `insert into device_days
      select org_id, app_id, device_id, environment, toDate32(event_time, 'UTC') as day, min(event_time), max(event_time)
      from events where ${inStretch(stretch)} and device_id != ''
      group by org_id, app_id, device_id, environment, day
      settings max_bytes_before_external_group_by = 500000000, log_comment = 'attributor'`,
    query_params: stretchParams(stretch),
  })
}

/** Apps with a retargeting touchpoint in the stretch; without a stretch, of all that is stored. */
export async function readRetargetingApps(clickhouse: ClickHouseClient, stretch?: Stretch): Promise<Tenant[]> {
  const found = await rows(
    clickhouse,
    `select distinct org_id, app_id from touchpoints where is_retargeting ${stretch ? `and ${inStretch(stretch)}` : ''}`,
    stretch ? stretchParams(stretch) : {},
  )
  return found.map((row) => {
    const { org_id, app_id } = z.object(tenantFields).parse(row)
    return { orgId: org_id, appId: app_id }
  })
}

/**
 * Devices whose events of the stretch may end a pause or show that there was none: those that report a return, and in apps
 * with retargeting those with a pause before an event of the stretch or after it, or with a return that was decided.
 */
export async function readReturning(
  clickhouse: ClickHouseClient,
  stretch: Stretch,
  apps: readonly Tenant[],
): Promise<Returnee[]> {
  const query = `with active as (
       select org_id, app_id, device_id, environment, toUnixTimestamp64Milli(min(event_time)) as since,
         max(event_name = 'reengagement') as reported
       from events
       where ${inStretch(stretch)} and device_id != ''
         and (event_name = 'reengagement' or concat(org_id, '\\n', app_id) in {apps:Array(String)})
       group by org_id, app_id, device_id, environment
     ),
     paused as (
       select org_id, app_id, device_id, environment,
         arraySort(groupArray((toUnixTimestamp64Milli(f), toUnixTimestamp64Milli(l)))) as days
       from (
         select org_id, app_id, device_id, environment, day, min(first) as f, max(last) as l
         from device_days
         where (org_id, app_id, device_id) in (select org_id, app_id, device_id from active where not reported)
         group by org_id, app_id, device_id, environment, day
       )
       group by org_id, app_id, device_id, environment
     )
     select distinct org_id, app_id, device_id, environment, toString(since) as since from (
       select org_id, app_id, device_id, environment, since from active where reported
       union all
       select a.org_id, a.app_id, a.device_id, a.environment, a.since
       from paused as p
       inner join active as a on a.org_id = p.org_id and a.app_id = p.app_id and a.device_id = p.device_id
         and a.environment = p.environment
       where arrayExists((day, i) -> i > 1 and day.1 >= a.since and day.1 - p.days[i - 1].2 >= {pause:Int64},
         p.days, arrayEnumerate(p.days))
       union all
       select org_id, app_id, device_id, environment, since from active
       where not reported and (org_id, app_id, concat('rd:', device_id)) in (
         select org_id, app_id, key from keyed_installs
         where (org_id, app_id, key) in (select org_id, app_id, concat('rd:', device_id) from active))
     )`
  const lists = pieces(apps.map(({ orgId, appId }) => `${orgId}\n${appId}`))
  const found = await inTurns(lists.length === 0 ? [[]] : lists, (list) =>
    rows(clickhouse, query, { ...stretchParams(stretch), apps: list, pause: SHORTEST_PAUSE_MS }),
  )
  return found.flat().map(returnee)
}

/** Devices that returned after a click of the stretch, or whose install shares a key with a retargeting click of it. */
export async function readClickedBack(clickhouse: ClickHouseClient, stretch: Stretch): Promise<Returnee[]> {
  const found = await rows(
    clickhouse,
    `with new_keys as (
       select org_id, app_id, arrayJoin(${TOUCHPOINT_KEYS}) as key, min(touchpoint_time) as first,
         max(is_retargeting) as retargeting
       from touchpoints where ${inStretch(stretch)} and touchpoint_type = 'click'
       group by org_id, app_id, key
     ),
     wanted as (
       select org_id, app_id, concat('r', key) as key, first from new_keys
       union all
       select org_id, app_id, key, first from new_keys where retargeting and substring(key, 1, 2) in ('a:', 'i:', 'u:')
     )
     select k.org_id as org_id, k.app_id as app_id, k.device_id as device_id, k.environment as environment,
       toString(toUnixTimestamp64Milli(min(w.first))) as since
     from (
       select distinct org_id, app_id, key, device_id, environment from keyed_installs
       where (org_id, app_id, key) in (select org_id, app_id, key from wanted)
         and (not startsWith(key, 'r')
           or received_at >= (select min(first) from new_keys) - toIntervalMillisecond({ahead:UInt64}))
     ) as k
     inner join wanted as w on w.org_id = k.org_id and w.app_id = k.app_id and w.key = k.key
     group by org_id, app_id, device_id, environment`,
    { ...stretchParams(stretch), ahead: AHEAD_MS },
  )
  // A device's clock may be behind the click that it names.
  return found.map(returnee).map((one) => ({ ...one, since: one.since - AHEAD_MS }))
}

function returnee(row: unknown): Returnee {
  const { org_id, app_id, device_id, environment, since } = returneeSchema.parse(row)
  return { tenant: { orgId: org_id, appId: app_id }, deviceId: device_id, environment, since: Number(since) }
}

const ofApp = 'org_id = {org:String} and app_id = {app:String}'
const appParams = ({ orgId, appId }: Tenant) => ({ org: orgId, app: appId })
/** What a device is called in maps of this folder. */
export const nameOf = (deviceId: string, environment: string): string => `${environment} ${deviceId}`

const daySchema = z.object({ device_id: z.string(), environment: z.string(), first: z.string(), last: z.string() })

/** The days on which devices were active, by `nameOf`. */
export async function readDays(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  deviceIds: readonly string[],
): Promise<Map<string, ActiveDay[]>> {
  const found = await rowsByKeys(
    clickhouse,
    (
      list,
    ) => `select device_id, environment, toString(toUnixTimestamp64Milli(f)) as first, toString(toUnixTimestamp64Milli(l)) as last
     from (
       select device_id, environment, day, min(first) as f, max(last) as l from device_days
       where ${ofApp} and device_id in (select arrayJoin(${list})) group by device_id, environment, day
     )`,
    deviceIds,
    appParams(tenant),
  )
  const days = new Map<string, ActiveDay[]>()
  for (const row of found) {
    const { device_id, environment, first, last } = daySchema.parse(row)
    const name = nameOf(device_id, environment)
    const list = days.get(name) ?? []
    list.push({ first: Number(first), last: Number(last) })
    days.set(name, list)
  }
  return days
}

/**
 * Events of devices with which they may have come back: those that say so, and those at the first moment after a pause.
 * @param times first moments after pauses, Unix milliseconds
 */
export async function readReturnEvents(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  deviceIds: readonly string[],
  since: number,
  times: readonly number[],
  onUnreadable: OnUnreadable,
): Promise<{ reported: StoredInstall[]; first: StoredInstall[] }> {
  const read = async (where: string, params: Record<string, unknown>) => {
    const query = (list: string) =>
      `select ${EVENT_COLUMNS} from events where ${ofApp} and device_id in (select arrayJoin(${list})) and ${where}`
    return readEvents(await rowsByKeys(clickhouse, query, deviceIds, { ...appParams(tenant), ...params }), onUnreadable)
  }
  const [reported, first] = await Promise.all([
    read(`event_name = 'reengagement' and event_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')`, {
      since: since - 2 * REPORT_MS,
    }),
    times.length === 0
      ? []
      : read(`event_time in (select fromUnixTimestamp64Milli(arrayJoin(${numberList(times)}), 'UTC'))`, {}),
  ])
  return { reported: reported.map(({ install }) => install), first: first.map(({ install }) => install) }
}

const stateSchema = z.object({
  device_id: z.string(),
  environment: z.string(),
  conversion_id: z.string(),
  version: z.number(),
  decision_id: z.string(),
  settings_version: z.number(),
  last_active_at: z.string().nullable(),
  outcome: z.string(),
  match_type: z.string(),
  touchpoint_id: z.string(),
  candidates: z.string(),
  rule_hits: z.string(),
  conversion: z.string(),
})

/** A return that was decided. */
export interface DecidedReturn extends ReengagementState {
  outcome: string
  /** When the device was last active before it, Unix milliseconds; null: not known. */
  lastActivity: number | null
  event: StoredInstall
}

/** The current decisions about returns of devices, by `nameOf` and conversion id. */
export async function readReengagements(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  deviceIds: readonly string[],
): Promise<Map<string, Map<string, DecidedReturn>>> {
  const found = await rowsByKeys(
    clickhouse,
    (list) => `select ${Object.keys(stateSchema.shape).join(', ')} from reengagements
     where ${ofApp} and device_id in (select arrayJoin(${list}))
     order by device_id, conversion_id, version desc, decided_at desc limit 1 by device_id, conversion_id`,
    deviceIds,
    appParams(tenant),
  )
  const byDevice = new Map<string, Map<string, DecidedReturn>>()
  for (const row of found) {
    const read = stateSchema.parse(row)
    const { version, decision_id, settings_version, outcome } = read
    const name = nameOf(read.device_id, read.environment)
    const event = storedInstallSchema.parse(JSON.parse(read.conversion))
    const lastActivity = read.last_active_at === null ? null : Date.parse(read.last_active_at)
    const state = {
      version,
      decision_id,
      settings_version,
      outcome,
      lastActivity,
      essence: reengagementEssence(read),
      event,
    }
    byDevice.set(name, (byDevice.get(name) ?? new Map()).set(read.conversion_id, state))
  }
  return byDevice
}
