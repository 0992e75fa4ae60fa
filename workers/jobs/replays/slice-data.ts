import {
  type Arrival,
  type AttributionSettings,
  CROWD_SPAN_MS,
  engineInstall,
  type FoundTouchpoint,
  type HeldReplay,
  type Install,
  indexByKey,
  type KeyedInstall,
  SETTLE_MS,
  storedInstallSchema,
  type TouchpointIndex,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { stream, text, whole } from './read.ts'
import type { Slice } from './slices.ts'
import { networkSql, OF_SNAPSHOT } from './snapshot.ts'

const DAY = 86_400_000
/** How far a device's clock may be behind ours; the engine lets a touchpoint that an install names come so much later. */
const CLOCK_TOLERANCE_MS = DAY

/** What was decided about an install before the replay. */
export interface Before {
  conversionType: string
  outcome: string
  matchType: string
  touchpointId: string
  mediaSource: string
  campaign: string
}

/** Everything that deciding a slice's installs takes. */
export interface SliceData {
  installs: { install: Install; installTime: string; arrival: Arrival; before: Before }[]
  touchpoints: TouchpointIndex
  /** Installs of the same devices and behind the same network addresses, by key. */
  others: ReadonlyMap<string, readonly KeyedInstall[]>
  /** Installs whose stored form cannot be read: left out, because one odd row must not keep all others from being decided. */
  unreadable: number
}

/** The longest window that the settings give a touchpoint, in milliseconds: what is older cannot win. */
export function longestWindow(settings: AttributionSettings): number {
  const own = Object.values(settings.perMediaSource)
  const windows = own.flatMap(({ clickLookbackMs, viewLookbackMs, probabilisticWindowMs }) => [
    clickLookbackMs ?? 0,
    viewLookbackMs ?? 0,
    probabilisticWindowMs ?? 0,
  ])
  const { clickLookbackMs, viewLookbackMs, probabilisticWindowMs } = settings
  return Math.max(clickLookbackMs, viewLookbackMs, probabilisticWindowMs, ...windows)
}

/**
 * Reads a slice of a replay's installs with every touchpoint that could win one of them and the other installs of their
 * devices.
 * @throws ClickHouseError, a connection error, or the signal's reason
 */
export async function readSlice(
  clickhouse: ClickHouseClient,
  held: HeldReplay & { snapshotId: string; snapshotAt: Date },
  slice: Slice,
  signal: AbortSignal,
): Promise<SliceData> {
  const params = {
    org: held.orgId,
    app: held.appId,
    snapshot: held.snapshotId,
    from: slice.from,
    to: slice.to,
    part: slice.part,
    parts: slice.parts,
    cut: held.snapshotAt.getTime(),
    oldest: slice.from - longestWindow(held.settings),
    near: slice.from - CROWD_SPAN_MS,
    soon: slice.to + CROWD_SPAN_MS,
    latest: slice.to + CLOCK_TOLERANCE_MS,
  }
  const read = (sql: string) => stream(clickhouse, sql, params, signal)
  const [installs, touchpoints, others] = await Promise.all([
    readInstalls(read),
    readTouchpoints(read, held.settings.probabilisticEnabled),
    readOthers(read, held.settings.probabilisticEnabled),
  ])
  return { ...installs, touchpoints, others }
}

type Read = (sql: string) => AsyncGenerator<unknown[][]>

const at = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`
const IN_SLICE = `${OF_SNAPSHOT} and install_time >= ${at('from')} and install_time < ${at('to')}
  and cityHash64(device_id) % {parts:UInt32} = {part:UInt32}`
const OF_APP = 'org_id = {org:String} and app_id = {app:String}'
/** Keys of the slice's installs that begin with the letter, as a subquery; `from` 3 leaves letter and colon out. */
const keys = (letters: string, from: 1 | 3) =>
  `(select distinct substring(key, ${from}) from (select arrayJoin(keys) as key from replay_installs where ${IN_SLICE}) where substring(key, 1, 1) in (${[...letters].map((one) => `'${one}'`).join(', ')}))`

async function readInstalls(read: Read): Promise<Pick<SliceData, 'installs' | 'unreadable'>> {
  const installs: SliceData['installs'] = []
  let unreadable = 0
  const sql = `select toString(install_time), conversion_type, outcome, match_type, touchpoint_id, media_source, campaign, install
    from replay_installs where ${IN_SLICE} order by install_time, device_id`
  for await (const rows of read(sql)) {
    for (const row of rows) {
      const parsed = storedInstallSchema.safeParse(JSON.parse(text(row, 7)))
      if (!parsed.success) {
        unreadable += 1
        continue
      }
      const stored = parsed.data
      const receivedAt = Date.parse(stored.received_at)
      installs.push({
        arrival: { receivedAt, settlesAt: receivedAt + SETTLE_MS },
        installTime: text(row, 0),
        before: {
          conversionType: text(row, 1),
          outcome: text(row, 2),
          matchType: text(row, 3),
          touchpointId: text(row, 4),
          mediaSource: text(row, 5),
          campaign: text(row, 6),
        },
        install: engineInstall(stored),
      })
    }
  }
  return { installs, unreadable }
}

const ID = (column: string) => `lowerUTF8(trimBoth(${column}, ' \\t\\r\\n'))`
const OPAQUE = (column: string) => `trimBoth(${column}, ' \\t\\r\\n')`

/** Only what arrived before the replay began, so that one that is interrupted goes on over the same touchpoints. */
async function readTouchpoints(read: Read, byNetwork: boolean): Promise<TouchpointIndex> {
  const matches = [
    `touchpoint_id in ${keys('t', 3)}`,
    `(advertising_id != '' and ${ID('advertising_id')} in ${keys('a', 3)})`,
    `(idfv != '' and ${ID('idfv')} in ${keys('i', 3)})`,
    `(customer_user_id != '' and ${OPAQUE('customer_user_id')} in ${keys('u', 3)})`,
    `(claimed_device_id != '' and ${OPAQUE('claimed_device_id')} in ${keys('d', 3)})`,
    ...(byNetwork ? [`(touchpoint_time >= ${at('near')} and ${networkSql('ip')} in ${keys('p', 3)})`] : []),
  ]
  const sql = `select touchpoint_id, touchpoint_type, toUnixTimestamp64Milli(touchpoint_time), link_id, media_source, campaign,
      ad_set, ad, creative, site_id, advertising_id, idfv, customer_user_id, claimed_device_id, toUInt8(is_retargeting), ip,
      platform, os_version, device_model, toUnixTimestamp64Milli(received_at)
    from touchpoints
    where ${OF_APP} and touchpoint_time >= ${at('oldest')} and touchpoint_time <= ${at('latest')}
      and received_at <= ${at('cut')} and (${matches.join(' or ')})`
  const found: FoundTouchpoint[] = []
  for await (const rows of read(sql)) {
    for (const row of rows) found.push(touchpoint(row))
  }
  return indexByKey(found)
}

function touchpoint(row: readonly unknown[]): FoundTouchpoint {
  const platform = text(row, 16)
  return {
    touchpointId: text(row, 0),
    touchpointType: text(row, 1) === 'view' ? 'view' : 'click',
    touchpointTime: whole(row, 2),
    linkId: text(row, 3),
    mediaSource: text(row, 4),
    campaign: text(row, 5),
    adSet: text(row, 6),
    ad: text(row, 7),
    creative: text(row, 8),
    siteId: text(row, 9),
    advertisingId: text(row, 10),
    idfv: text(row, 11),
    customerUserId: text(row, 12),
    claimedDeviceId: text(row, 13),
    isRetargeting: whole(row, 14) === 1,
    ip: text(row, 15),
    platform: platform === 'ios' || platform === 'android' || platform === 'web' ? platform : null,
    osVersion: text(row, 17),
    deviceModel: text(row, 18),
    receivedAt: whole(row, 19),
  }
}

/**
 * An earlier install makes a later one of its device a reinstall, also when it lies before the period; installs behind the
 * same network address make a probabilistic match less likely.
 */
async function readOthers(read: Read, byNetwork: boolean): Promise<Map<string, KeyedInstall[]>> {
  const near = `(key in ${keys('p', 1)} and install_time >= ${at('near')} and install_time <= ${at('soon')})`
  const sql = `select key, device_id, toUnixTimestamp64Milli(install_time), argMax(environment, written_at),
      argMax(traits, written_at), toUnixTimestamp64Milli(argMax(received_at, written_at))
    from keyed_installs
    where ${OF_APP} and received_at <= ${at('cut')} and (key in ${keys('ai', 1)}${byNetwork ? ` or ${near}` : ''})
    group by key, install_time, device_id having not argMax(removed, written_at)`
  const byKey = new Map<string, KeyedInstall[]>()
  for await (const rows of read(sql)) {
    for (const row of rows) {
      const one = keyedInstall(row)
      const list = byKey.get(one.key)
      if (list) list.push(one)
      else byKey.set(one.key, [one])
    }
  }
  return byKey
}

function keyedInstall(row: readonly unknown[]): KeyedInstall {
  const key = text(row, 0)
  const id = key.slice(2)
  const [platform = '', osVersion = '', deviceModel = ''] = text(row, 4).split('\n')
  return {
    key,
    deviceId: text(row, 1),
    installTime: whole(row, 2),
    environment: text(row, 3) === 'sandbox' ? 'sandbox' : 'production',
    platform,
    osVersion,
    deviceModel,
    receivedAt: whole(row, 5),
    ...(key.startsWith('a:') ? { advertisingId: id } : key.startsWith('i:') ? { idfv: id } : {}),
  }
}
