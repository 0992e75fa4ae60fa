import { z } from 'zod'
import {
  type DecisionState,
  decisionState,
  type Install,
  type KeyedInstall,
  LONGEST_WINDOW_MS,
  normalizeDeviceId,
  normalizeOpaqueId,
  probabilisticAllowed,
  referrerClickId,
  STATE_COLUMNS,
  type StoredInstall,
  type Touchpoint,
} from '#server/modules/attribution/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { rows, rowsByKeys } from './store.ts'

/** The app a row belongs to. */
export interface Tenant {
  orgId: OrgId
  appId: AppId
}

/** A stretch of one log. `to` belongs to it, `from` as said. Positions are UInt64, kept as text where JSON carries them. */
export interface Stretch {
  logId: string
  from: bigint
  fromIncluded: boolean
  to: bigint
}

/** Touchpoints of one kind that are looked at for one identifier, the latest first: a bound against click flooding. */
const PER_KEY = 1_000

const text = z.string().transform((value) => value || null)
const time = z.string().nullable()
const tenantFields = {
  org_id: z.string().transform((value) => value as OrgId),
  app_id: z.string().transform((value) => value as AppId),
}

const inStretch = (stretch: Stretch) =>
  `log_id = {log:String} and log_position ${stretch.fromIncluded ? '>=' : '>'} {from:UInt64} and log_position <= {to:UInt64}`
const stretchParams = ({ logId, from, to }: Stretch) => ({ log: logId, from: String(from), to: String(to) })

const weightSchema = z.object({ position: z.string(), installs: z.number(), touchpoints: z.number() })

/** How many installs and touchpoints stand at each position of the stretch, in order; at most 20,000 positions. */
export async function readWeights(clickhouse: ClickHouseClient, stretch: Stretch) {
  const found = await rows(
    clickhouse,
    `select toString(log_position) position, sum(i) installs, sum(t) touchpoints
     from (
       select log_position, 1 i, 0 t from events where event_name = 'install' and ${inStretch(stretch)}
       union all
       select log_position, 0 i, 1 t from touchpoints where ${inStretch(stretch)}
     )
     group by log_position order by log_position limit 20000`,
    stretchParams(stretch),
  )
  return z
    .array(weightSchema)
    .parse(found)
    .map((row) => ({ ...row, position: BigInt(row.position) }))
}

const installSchema = z.object({
  ...tenantFields,
  event_id: z.string(),
  device_id: z.string(),
  event_time: z.string(),
  received_at: z.string(),
  platform: z.enum(['ios', 'android', 'web']),
  environment: z.enum(['production', 'sandbox']),
  advertising_id: text,
  idfv: text,
  customer_user_id: text,
  click_id: text,
  install_referrer: text,
  referrer_click_time: time,
  install_begin_time: time,
  referrer_click_time_server: time,
  install_begin_time_server: time,
  ip: text,
  country: text,
  os_version: text,
  app_version: text,
  device_model: text,
  user_agent: text,
  consent: z.string(),
})

/**
 * Validates a row; one that does not fit is reported and left out, because a single odd row must not keep every other
 * tenant's installs from being decided.
 */
function readable<T>(schema: z.ZodType<T>, row: unknown, onUnreadable: OnUnreadable): T[] {
  const parsed = schema.safeParse(row)
  if (parsed.success) return [parsed.data]
  onUnreadable(parsed.error)
  return []
}

/** Told of a stored row that cannot be read. */
export type OnUnreadable = (error: z.ZodError) => void

/** Install events of the stretch, of every tenant, in the form that a decision keeps. */
export async function readInstalls(
  clickhouse: ClickHouseClient,
  stretch: Stretch,
  onUnreadable: OnUnreadable,
): Promise<{ tenant: Tenant; install: StoredInstall }[]> {
  const columns = Object.keys(installSchema.shape).join(', ')
  const found = await rows(
    clickhouse,
    `select ${columns} from events where event_name = 'install' and ${inStretch(stretch)}`,
    stretchParams(stretch),
  )
  const read = found.flatMap((row) => readable(installSchema, row, onUnreadable))
  return read.map(({ org_id, app_id, event_time, consent, ...rest }) => {
    const install = {
      ...rest,
      install_time: event_time,
      referrer_click_id: referrerClickId(rest.install_referrer) ?? null,
      probabilistic_allowed: probabilisticAllowed(consent),
    }
    return { tenant: { orgId: org_id, appId: app_id }, install }
  })
}

const touchedSchema = z.object({ ...tenantFields, device_id: z.string() })

/**
 * Devices with an install that a touchpoint of the stretch could have caused: they share a key, and the touchpoint is
 * named by the install or lies within the longest window before it. A superset; the engine has the last word.
 */
export async function readTouched(
  clickhouse: ClickHouseClient,
  stretch: Stretch,
): Promise<{ tenant: Tenant; deviceId: string }[]> {
  const found = await rows(
    clickhouse,
    `with new_keys as (
       select org_id, app_id,
         arrayJoin(arrayFilter(k -> length(k) > 2, [
           concat('t:', touchpoint_id), concat('a:', lower(trim(advertising_id))), concat('i:', lower(trim(idfv))),
           concat('u:', trim(customer_user_id))])) as key,
         min(touchpoint_time) as first, max(touchpoint_time) as last
       from touchpoints where ${inStretch(stretch)}
       group by org_id, app_id, key
     )
     select distinct k.org_id as org_id, k.app_id as app_id, k.device_id as device_id
     from (
       select * from install_keys final
       where (org_id, app_id, key) in (select org_id, app_id, key from new_keys) and not removed
     ) as k
     inner join new_keys as n on n.org_id = k.org_id and n.app_id = k.app_id and n.key = k.key
     where startsWith(k.key, 't:')
       or (n.first <= k.install_time and n.last >= k.install_time - toIntervalMillisecond({window:UInt64}))`,
    { ...stretchParams(stretch), window: LONGEST_WINDOW_MS },
  )
  return found.map((row) => {
    const { org_id, app_id, device_id } = touchedSchema.parse(row)
    return { tenant: { orgId: org_id, appId: app_id }, deviceId: device_id }
  })
}

const ofApp = 'org_id = {org:String} and app_id = {app:String}'
const appParams = ({ orgId, appId }: Tenant) => ({ org: orgId, app: appId })

/** The current decision of each of the app's devices that has one. */
export async function readDecisions(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  deviceIds: readonly string[],
): Promise<Map<string, DecisionState>> {
  const found = await rowsByKeys(
    clickhouse,
    `select ${STATE_COLUMNS} from decisions where ${ofApp} and device_id in {keys:Array(String)}
     order by device_id, version desc, decided_at desc limit 1 by device_id`,
    deviceIds,
    appParams(tenant),
  )
  return new Map(
    found.map((row) => {
      const { deviceId, ...state } = decisionState(row)
      return [deviceId, state]
    }),
  )
}

const keyRowSchema = z.object({
  key: z.string(),
  device_id: z.string(),
  install_time: z.string(),
  environment: z.enum(['production', 'sandbox']),
})

/** Installs of the app that carry one of the device keys (`a:` or `i:`). */
export async function readInstallsByDeviceKeys(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  keys: readonly string[],
): Promise<KeyedInstall[]> {
  const found = await rowsByKeys(
    clickhouse,
    `select key, device_id, install_time, environment from install_keys final
     where ${ofApp} and key in {keys:Array(String)} and not removed
     order by key, install_time desc limit ${PER_KEY} by key`,
    keys,
    appParams(tenant),
  )
  return found.map((row) => {
    const { key, device_id, install_time, environment } = keyRowSchema.parse(row)
    const id = key.slice(2)
    const identifier = key.startsWith('a:') ? { advertisingId: id } : { idfv: id }
    return { key, deviceId: device_id, installTime: Date.parse(install_time), environment, ...identifier }
  })
}

const touchpointSchema = z.object({
  touchpoint_id: z.string(),
  touchpoint_type: z.enum(['click', 'view']),
  touchpoint_time: z.string(),
  link_id: z.string(),
  media_source: z.string(),
  campaign: z.string(),
  ad_set: z.string(),
  ad: z.string(),
  creative: z.string(),
  site_id: z.string(),
  advertising_id: z.string(),
  idfv: z.string(),
  customer_user_id: z.string(),
})
const TOUCHPOINT_COLUMNS = Object.keys(touchpointSchema.shape).join(', ')

function touchpoint(read: z.output<typeof touchpointSchema>): Touchpoint {
  return {
    touchpointId: read.touchpoint_id,
    touchpointType: read.touchpoint_type,
    touchpointTime: Date.parse(read.touchpoint_time),
    linkId: read.link_id,
    mediaSource: read.media_source,
    campaign: read.campaign,
    adSet: read.ad_set,
    ad: read.ad,
    creative: read.creative,
    siteId: read.site_id,
    advertisingId: read.advertising_id,
    idfv: read.idfv,
    customerUserId: read.customer_user_id,
  }
}

/** A device id as it may stand in a stored touchpoint; the index compares bytes, and iOS writes upper case. */
function spellings(id: string | null | undefined): string[] {
  const comparable = normalizeDeviceId(id)
  return comparable === null ? [] : [comparable, comparable.toUpperCase(), (id ?? '').trim()]
}

/**
 * Touchpoints of the app that share an identifier with one of the installs: those an install names, whenever they were,
 * and those of its device or person within the longest window before it. May hold more than an install's own.
 */
export async function readTouchpoints(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  installs: readonly Install[],
  onUnreadable: OnUnreadable,
): Promise<Touchpoint[]> {
  if (installs.length === 0) return []
  const times = installs.map(({ installTime }) => installTime)
  const first = times.reduce((a, b) => Math.min(a, b)) - LONGEST_WINDOW_MS
  const last = times.reduce((a, b) => Math.max(a, b))
  const params = { ...appParams(tenant), first, last }
  const lookups: [column: string, values: string[]][] = [
    [
      'touchpoint_id',
      installs.flatMap((one) => [one.clickId, one.referrerClickId].flatMap((id) => normalizeOpaqueId(id) ?? [])),
    ],
    ['advertising_id', installs.flatMap(({ advertisingId }) => spellings(advertisingId))],
    ['idfv', installs.flatMap(({ idfv }) => spellings(idfv))],
    ['customer_user_id', installs.flatMap(({ customerUserId }) => normalizeOpaqueId(customerUserId) ?? [])],
  ]
  const found: unknown[] = []
  for (const [column, values] of lookups) {
    const when =
      column === 'touchpoint_id'
        ? ''
        : `and touchpoint_time >= fromUnixTimestamp64Milli({first:Int64}, 'UTC')
           and touchpoint_time <= fromUnixTimestamp64Milli({last:Int64}, 'UTC')`
    const query = `select ${TOUCHPOINT_COLUMNS} from touchpoints
      where ${ofApp} and ${column} in {keys:Array(String)} ${when}
      order by touchpoint_time desc limit ${PER_KEY} by ${column}, touchpoint_type`
    found.push(...(await rowsByKeys(clickhouse, query, [...new Set(values)], params)))
  }
  return found.flatMap((row) => readable(touchpointSchema, row, onUnreadable)).map(touchpoint)
}
