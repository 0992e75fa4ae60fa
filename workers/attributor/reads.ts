import { z } from 'zod'
import {
  AHEAD_MS,
  CROWD_SPAN_MS,
  LONGEST_WINDOW_MS,
  PER_KEY,
  probabilisticAllowed,
  referrerClickId,
  SETTLE_MS,
  type StoredInstall,
} from '#server/modules/attribution/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { rows } from './store.ts'

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

const text = z.string().transform((value) => value || null)
const time = z.string().nullable()
/** Columns that say whose a row is. */
export const tenantFields = {
  org_id: z.string().transform((value) => value as OrgId),
  app_id: z.string().transform((value) => value as AppId),
}

/** The condition that a row lies in a stretch; its values are `stretchParams`. */
export const inStretch = (stretch: Stretch) =>
  `log_id = {log:String} and log_position ${stretch.fromIncluded ? '>=' : '>'} {from:UInt64} and log_position <= {to:UInt64}`
export const stretchParams = ({ logId, from, to }: Stretch) => ({ log: logId, from: String(from), to: String(to) })

const weightSchema = z.object({
  position: z.string(),
  installs: z.number(),
  touchpoints: z.number(),
  events: z.number(),
})

/** How many installs, touchpoints and events stand at each position of the stretch, in order; at most 20,000 positions. */
export async function readWeights(clickhouse: ClickHouseClient, stretch: Stretch) {
  const found = await rows(
    clickhouse,
    `select toString(log_position) position, sum(i) installs, sum(t) touchpoints, sum(e) events
     from (
       select log_position, event_name = 'install' i, 0 t, 1 e from events where ${inStretch(stretch)}
       union all
       select log_position, 0 i, 1 t, 0 e from touchpoints where ${inStretch(stretch)}
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
export function readable<T>(schema: z.ZodType<T>, row: unknown, onUnreadable: OnUnreadable): T[] {
  const parsed = schema.safeParse(row)
  if (parsed.success) return [parsed.data]
  onUnreadable(parsed.error)
  return []
}

/** Columns that `readEvents` needs. */
export const EVENT_COLUMNS = Object.keys(installSchema.shape).join(', ')

/** Told of a stored row that cannot be read. */
export type OnUnreadable = (error: z.ZodError) => void

/** Install events of the stretch, of every tenant, in the form that a decision keeps. */
export async function readInstalls(
  clickhouse: ClickHouseClient,
  stretch: Stretch,
  onUnreadable: OnUnreadable,
): Promise<{ tenant: Tenant; install: StoredInstall }[]> {
  const found = await rows(
    clickhouse,
    `select ${EVENT_COLUMNS} from events where event_name = 'install' and ${inStretch(stretch)}`,
    stretchParams(stretch),
  )
  return readEvents(found, onUnreadable)
}

/** Rows of `EVENT_COLUMNS` in the form that a decision keeps. */
export function readEvents(
  found: readonly unknown[],
  onUnreadable: OnUnreadable,
): { tenant: Tenant; install: StoredInstall }[] {
  const read = found.flatMap((row) => readable(installSchema, row, onUnreadable))
  return read.map(({ org_id, app_id, event_time, consent, ...rest }) => {
    const install = {
      ...rest,
      install_time: event_time,
      referrer_click_id: referrerClickId(rest.install_referrer) ?? null,
      probabilistic_allowed: probabilisticAllowed(consent),
      completed_by: [],
    }
    return { tenant: { orgId: org_id, appId: app_id }, install }
  })
}

const touchedSchema = z.object({ ...tenantFields, device_id: z.string() })

/** SQL: keys of stored touchpoints, in the form of `installKeys`; the view `touchpoint_keys_view` makes the same ones. */
export const TOUCHPOINT_KEYS = `arrayFilter(k -> length(k) > 2, [
  concat('t:', touchpoint_id),
  if(match(advertising_id, '[^0\\\\s-]'), concat('a:', lowerUTF8(trimBoth(advertising_id, ' \\t\\r\\n'))), ''),
  if(match(idfv, '[^0\\\\s-]'), concat('i:', lowerUTF8(trimBoth(idfv, ' \\t\\r\\n'))), ''),
  concat('u:', trimBoth(customer_user_id, ' \\t\\r\\n')),
  concat('d:', trimBoth(claimed_device_id, ' \\t\\r\\n')),
  concat('p:', multiIf(
    isIPv4String(ip), ip,
    startsWith(lower(ip), '::ffff:') and isIPv4String(substring(ip, 8)), substring(ip, 8),
    isIPv6String(ip), lower(hex(substring(IPv6StringToNumOrDefault(ip), 1, 8))),
    ''))])`

/**
 * Devices with an install that a touchpoint of the stretch could have caused, or could have made less certain: they share a
 * key, the touchpoint is named by the install or lies within the longest window before it, and it came before the install
 * was settled. A superset; the engine has the last word.
 */
export async function readTouched(
  clickhouse: ClickHouseClient,
  stretch: Stretch,
): Promise<{ tenant: Tenant; deviceId: string }[]> {
  const found = await rows(
    clickhouse,
    `with new_keys as (
       select org_id, app_id, arrayJoin(${TOUCHPOINT_KEYS}) as key,
         min(touchpoint_time) as first, max(touchpoint_time) as last, min(received_at) as arrived
       from touchpoints where ${inStretch(stretch)}
       group by org_id, app_id, key
     )
     select distinct k.org_id as org_id, k.app_id as app_id, k.device_id as device_id
     from (
       select org_id, app_id, key, device_id, install_time, received_at
       from keyed_installs
       where (org_id, app_id, key) in (select org_id, app_id, key from new_keys)
         -- An install before all of these touchpoints belongs to none of them: most parts are left out by that alone.
         and received_at >= (select min(first) from new_keys) - toIntervalMillisecond({ahead:UInt64})
       order by org_id, app_id, key, install_time desc, device_id, written_at desc
       limit ${PER_KEY} by org_id, app_id, key
     ) as k
     inner join new_keys as n on n.org_id = k.org_id and n.app_id = k.app_id and n.key = k.key
     where startsWith(k.key, 't:')
       or (n.first <= k.install_time
         and n.last >= k.install_time - toIntervalMillisecond(if(startsWith(k.key, 'p:'), {crowd:UInt64}, {window:UInt64}))
         and n.arrived <= k.received_at + toIntervalMillisecond({settle:UInt64}))`,
    { ...stretchParams(stretch), window: LONGEST_WINDOW_MS, crowd: CROWD_SPAN_MS, settle: SETTLE_MS, ahead: AHEAD_MS },
  )
  return found.map((row) => {
    const { org_id, app_id, device_id } = touchedSchema.parse(row)
    return { tenant: { orgId: org_id, appId: app_id }, deviceId: device_id }
  })
}
