import { z } from 'zod'
import {
  ARRIVED_SQL,
  type Arrival,
  CROWD_SPAN_MS,
  type DecisionState,
  decisionState,
  type FoundTouchpoint,
  type Install,
  installKeys,
  isNamedKey,
  isNetworkKey,
  type KeyedInstall,
  LONGEST_WINDOW_MS,
  PER_KEY,
  STATE_COLUMNS,
  STORED_TOUCHPOINT_LENGTH,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { type OnUnreadable, readable, type Tenant } from './reads.ts'
import { numberList, rowsByKeys } from './store.ts'

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
    (list) => `select ${STATE_COLUMNS} from decisions where ${ofApp} and device_id in (select arrayJoin(${list}))
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
  at: z.string(),
  arrived: z.string(),
  environment: z.enum(['production', 'sandbox']),
  traits: z.string(),
})

/** What of a device tells it apart from others behind its network address, as `keyed_installs` has it. */
export function traitsOf({
  platform,
  osVersion,
  deviceModel,
}: Pick<Install, 'platform' | 'osVersion' | 'deviceModel'>) {
  return [platform, osVersion ?? '', deviceModel ?? ''].join('\n')
}

/** Times between which the installs of one look-up lie, Unix milliseconds. */
interface Span {
  first: number
  last: number
}

function spanOf(installs: readonly Install[]): Span {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const { installTime } of installs) {
    first = Math.min(first, installTime)
    last = Math.max(last, installTime)
  }
  return { first, last }
}

const within = (column: string) =>
  `${column} >= fromUnixTimestamp64Milli({first:Int64}, 'UTC') and ${column} <= fromUnixTimestamp64Milli({last:Int64}, 'UTC')`

/**
 * Installs of the app that carry one of the keys; behind network addresses only those about as old as the installs that ask.
 * @param keys of `installKeys`
 * @param around the installs that ask
 */
export async function readKeyedInstalls(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  keys: readonly string[],
  around: readonly Install[],
): Promise<KeyedInstall[]> {
  if (keys.length === 0) return []
  const { first, last } = spanOf(around)
  const query = (when: string, by: string) => (list: string) =>
    `select key, device_id, toString(toUnixTimestamp64Milli(install_time)) as at,
      toString(toUnixTimestamp64Milli(received_at)) as arrived, environment, traits
    from (
      select key, device_id, install_time, received_at, environment, traits, removed
      from keyed_installs where ${ofApp} and key in (select arrayJoin(${list})) ${when}
      order by key, install_time desc, device_id, written_at desc limit 1 by key, install_time, device_id
    )
    where not removed
    limit ${PER_KEY} by ${by}`
  const span = { ...appParams(tenant), first: first - CROWD_SPAN_MS, last: last + CROWD_SPAN_MS }
  const [ofDevices, ofNetworks] = await Promise.all([
    rowsByKeys(
      clickhouse,
      query('', 'key'),
      keys.filter((key) => !isNetworkKey(key)),
      appParams(tenant),
    ),
    rowsByKeys(
      clickhouse,
      query(`and ${within('install_time')}`, 'key, toDate(install_time)'),
      keys.filter(isNetworkKey),
      span,
    ),
  ])
  return [...ofDevices, ...ofNetworks].map((row) => {
    const { key, device_id, at, arrived, environment, traits } = keyRowSchema.parse(row)
    const id = key.slice(2)
    const [platform = '', osVersion = '', deviceModel = ''] = traits.split('\n')
    const identifier = key.startsWith('a:') ? { advertisingId: id } : key.startsWith('i:') ? { idfv: id } : {}
    return {
      key,
      deviceId: device_id,
      installTime: Number(at),
      receivedAt: Number(arrived),
      environment,
      platform,
      osVersion,
      deviceModel,
      ...identifier,
    }
  })
}

const touchpointSchema = z.object({
  id: z.string(),
  at: z.string(),
  is_click: z.boolean(),
  /** A list in the order of the view `touchpoint_keys_view`. */
  touchpoint: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(z.union([z.string(), z.number()])).length(STORED_TOUCHPOINT_LENGTH)),
})
const platformSchema = z.enum(['', 'ios', 'android', 'web']).catch('')

function touchpoint({ id, at, is_click, touchpoint }: z.output<typeof touchpointSchema>): FoundTouchpoint {
  const text = (place: number) => String(touchpoint[place] ?? '')
  return {
    touchpointId: id,
    touchpointType: is_click ? 'click' : 'view',
    touchpointTime: Number(at),
    mediaSource: text(0),
    campaign: text(1),
    adSet: text(2),
    ad: text(3),
    creative: text(4),
    siteId: text(5),
    linkId: text(6),
    advertisingId: text(7),
    idfv: text(8),
    customerUserId: text(9),
    claimedDeviceId: text(10),
    isRetargeting: touchpoint[11] === 1,
    platform: platformSchema.parse(text(12)),
    ip: text(13),
    osVersion: text(14),
    deviceModel: text(15),
    receivedAt: Number(touchpoint.at(-1)),
  }
}

/**
 * Touchpoints of the app that share a key with one of the installs: those an install names, whenever they were, those of its
 * device or person within the longest window before it, and those behind its network address within the span of a crowd.
 * May hold more than an install's own.
 */
export async function readTouchpoints(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  asking: readonly { install: Install; arrival: Arrival }[],
  onUnreadable: OnUnreadable,
): Promise<FoundTouchpoint[]> {
  if (asking.length === 0) return []
  const lastOf = new Map<string, number>()
  const settledOf = new Map<string, number>()
  for (const { install, arrival } of asking) {
    for (const key of installKeys(install)) {
      lastOf.set(key, Math.max(install.installTime, lastOf.get(key) ?? install.installTime))
      settledOf.set(key, Math.max(arrival.settlesAt, settledOf.get(key) ?? arrival.settlesAt))
    }
  }
  const keys = [...lastOf.keys()]
  const { first, last } = spanOf(asking.map(({ install }) => install))
  const ofKeys = (
    list: string,
  ) => `select touchpoint_id as id, toString(toUnixTimestamp64Milli(touchpoint_time)) as at, is_click, touchpoint
    from touchpoint_keys
    where ${ofApp} and key in (select sipHash64(arrayJoin(${list})))`
  // Of each key up to its own last install, and of each day: which installs are asked for together must not decide whose
  // touchpoints are too many to be looked at. Nor must touchpoints that came too late for any of them.
  const ofKey = (list: string, piece: readonly string[], times: ReadonlyMap<string, number>) =>
    `transform(key, arrayMap(one -> sipHash64(one), ${list}), ${numberList(piece.map((key) => times.get(key) ?? 0))}, toInt64(0))`
  const inTime = (window: number, ofWindow: readonly string[]) =>
    rowsByKeys(
      clickhouse,
      (list, piece) => `${ofKeys(list)} and ${within('touchpoint_time')}
          and toUnixTimestamp64Milli(touchpoint_time) <= ${ofKey(list, piece, lastOf)}
          and ${ARRIVED_SQL} <= ${ofKey(list, piece, settledOf)}
        order by key, touchpoint_time desc, touchpoint_id limit ${PER_KEY} by key, is_click, toDate(touchpoint_time)`,
      ofWindow,
      { ...appParams(tenant), first: first - window, last },
    )
  const found = await Promise.all([
    rowsByKeys(clickhouse, ofKeys, keys.filter(isNamedKey), appParams(tenant)),
    inTime(
      LONGEST_WINDOW_MS,
      keys.filter((key) => !isNamedKey(key) && !isNetworkKey(key)),
    ),
    inTime(CROWD_SPAN_MS, keys.filter(isNetworkKey)),
  ])
  const read = new Map<string, FoundTouchpoint>()
  for (const row of found.flat()) {
    for (const one of readable(touchpointSchema, row, onUnreadable)) {
      if (!read.has(one.id)) read.set(one.id, touchpoint(one))
    }
  }
  return [...read.values()]
}
