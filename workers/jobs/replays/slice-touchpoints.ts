import { z } from 'zod'
import {
  ARRIVED_SQL,
  type FoundTouchpoint,
  indexByKey,
  PER_KEY,
  STORED_TOUCHPOINT_LENGTH,
  type TouchpointIndex,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { query, text, whole } from './read.ts'
import { at, IN_SLICE, OF_APP, type ReadLines } from './slice-sql.ts'

/** Letters with which keys of a kind begin, as `MatchKey` has them. */
export type KeyKinds = readonly ('t' | 'a' | 'i' | 'u' | 'd' | 'p')[]

const kindsSchema = z.tuple([z.object({ a: z.boolean(), i: z.boolean(), u: z.boolean(), d: z.boolean() })])

/**
 * Kinds of keys that any touchpoint has which the replay may look at: each kind that none has is one look-up less for every
 * install. Of a key that names a touchpoint, and of addresses, there is always one.
 * @throws ClickHouseError, or a connection error
 */
export async function readKeyKinds(
  clickhouse: ClickHouseClient,
  app: { orgId: string; appId: string },
  byNetwork: boolean,
): Promise<KeyKinds> {
  const [found] = kindsSchema.parse(
    await query(
      clickhouse,
      `select toBool(max(advertising_id != '')) as a, toBool(max(idfv != '')) as i, toBool(max(customer_user_id != '')) as u,
         toBool(max(claimed_device_id != '')) as d
       from touchpoints where ${OF_APP}`,
      { org: app.orgId, app: app.appId },
    ),
  )
  const some = (['a', 'i', 'u', 'd'] as const).filter((kind) => found[kind])
  return ['t', ...some, ...(byNetwork ? (['p'] as const) : [])]
}

/** The condition that a key is of one of the kinds. */
const ofKinds = (kinds: KeyKinds) => `substring(key, 1, 1) in (${kinds.map((kind) => `'${kind}'`).join(', ')})`

/** Hashes of the slice's keys of some kinds, as `touchpoint_keys` has them, as a subquery. */
const hashes = (kinds: KeyKinds) =>
  `(select sipHash64(key) from (select arrayJoin(keys) as key from replay_installs where ${IN_SLICE}) where ${ofKinds(kinds)})`

/**
 * Every touchpoint that could win one of the slice's installs, from where the attributor reads them, so that a slice costs the
 * same however many there are, and bounded as there: of a key, kind and day the latest up to an install. Where several
 * installs share a key, each bounds the stretch since the one before it, so that none takes another's. Only what arrived
 * before the replay began, so that one that is interrupted goes on over the same touchpoints.
 * @param kinds of {@link readKeyKinds}
 * @throws as `lines`
 */
export async function readTouchpoints(read: ReadLines, kinds: KeyKinds): Promise<TouchpointIndex> {
  const near = kinds.includes('p') ? `and (touchpoint_time >= ${at('near')} or key not in ${hashes(['p'])})` : ''
  const wanted = `key in ${hashes(kinds)} ${near}`
  // `asked`: when the slice's installs with a key were, and until when a touchpoint of it may have arrived.
  const sql = `with asked as (
      select key, settled, install_time from (
        select key, least({cut:Int64}, max(arrived) + {settle:Int64}) as settled, groupArray(install_time) as times
        from (
          select sipHash64(arrayJoin(arrayFilter(key -> ${ofKinds(kinds)}, keys))) as key, install_time, toUnixTimestamp64Milli(
            parseDateTime64BestEffortOrZero(JSONExtractString(install, 'received_at'), 3, 'UTC')) as arrived
          from replay_installs where ${IN_SLICE}
        ) group by key
      ) array join times as install_time
    )
    select concat('[', toJSONString(touchpoint_id), ',', toString(toUnixTimestamp64Milli(touchpoint_time)), ',',
      toString(toUInt8(is_click)), ',', substring(touchpoint, 2))
    from (
      select f.touchpoint_id as touchpoint_id, f.touchpoint_time as touchpoint_time, f.is_click as is_click,
        f.touchpoint as touchpoint
      from (
        select key, touchpoint_id, touchpoint_time, is_click, touchpoint, ${ARRIVED_SQL} as arrived
        from touchpoint_keys
        where ${OF_APP} and ${wanted} and touchpoint_time >= ${at('oldest')} and touchpoint_time <= ${at('latest')}
      ) as f
      asof left join asked as i on f.key = i.key and f.touchpoint_time <= i.install_time
      where (i.key != 0 and f.arrived <= i.settled) or (f.arrived <= {cut:Int64} and f.key in ${hashes(['t'])})
      order by f.key, f.touchpoint_time desc, f.touchpoint_id
      limit ${PER_KEY} by f.key, f.is_click, toDate(f.touchpoint_time), i.install_time
    )
    limit 1 by touchpoint_id`
  const found: FoundTouchpoint[] = []
  for await (const lines of read(sql)) {
    for (const line of lines) found.push(touchpoint(line))
  }
  return indexByKey(found)
}

/** Where the list of a stored touchpoint begins in a line, after id, time and whether it is a click. */
const LIST = 3

function touchpoint(line: string): FoundTouchpoint {
  const row: unknown = JSON.parse(line)
  if (!Array.isArray(row) || row.length !== LIST + STORED_TOUCHPOINT_LENGTH)
    throw new Error('A stored touchpoint is of another form.')
  // The list is in the order of the view `touchpoint_keys_view`.
  const of = (place: number) => text(row, LIST + place)
  const platform = of(12)
  return {
    touchpointId: text(row, 0),
    touchpointType: whole(row, 2) === 1 ? 'click' : 'view',
    touchpointTime: whole(row, 1),
    mediaSource: of(0),
    campaign: of(1),
    adSet: of(2),
    ad: of(3),
    creative: of(4),
    siteId: of(5),
    linkId: of(6),
    advertisingId: of(7),
    idfv: of(8),
    customerUserId: of(9),
    claimedDeviceId: of(10),
    isRetargeting: whole(row, LIST + 11) === 1,
    platform: platform === 'ios' || platform === 'android' || platform === 'web' ? platform : null,
    ip: of(13),
    osVersion: of(14),
    deviceModel: of(15),
    // Some settings of the store write whole numbers of 64 bits as texts.
    receivedAt: Number(row.at(-1)),
  }
}
