import { type FoundTouchpoint, indexByKey, PER_KEY, type TouchpointIndex } from '#server/modules/attribution/index.ts'
import { text, whole } from './read.ts'
import { at, IN_SLICE, keys, OF_APP, type Read } from './slice-sql.ts'
import { networkSql } from './snapshot.ts'

const ID = (column: string) => `lowerUTF8(trimBoth(${column}, ' \\t\\r\\n'))`
const OPAQUE = (column: string) => `trimBoth(${column}, ' \\t\\r\\n')`

/** The columns of a row, in the order in which {@link touchpoint} reads them. */
const COLUMNS = [
  ...['touchpoint_id', 'touchpoint_type', 'touchpoint_time', 'link_id', 'media_source', 'campaign', 'ad_set', 'ad'],
  ...['creative', 'site_id', 'advertising_id', 'idfv', 'customer_user_id', 'claimed_device_id', 'is_retargeting', 'ip'],
  ...['platform', 'os_version', 'device_model', 'received_at'],
]
const SHOWN = COLUMNS.map((column) => {
  if (column === 'is_retargeting') return `toUInt8(${column})`
  return column.endsWith('_time') || column === 'received_at' ? `toUnixTimestamp64Milli(${column})` : column
})

/**
 * Every touchpoint that could win one of the slice's installs, bounded as the attributor bounds them: of a key, kind and day
 * the latest up to an install. Where several installs share a key, each bounds the stretch since the one before it, so that
 * none takes another's. Only what arrived before the replay began, so that one that is interrupted goes on over the same
 * touchpoints.
 * @param byNetwork whether those behind an install's network address can win
 * @throws as `stream`
 */
export async function readTouchpoints(read: Read, byNetwork: boolean): Promise<TouchpointIndex> {
  const near = `touchpoint_time >= ${at('near')}`
  const matches = [
    `touchpoint_id in ${keys('t', 3)}`,
    `(advertising_id != '' and ${ID('advertising_id')} in ${keys('a', 3)})`,
    `(idfv != '' and ${ID('idfv')} in ${keys('i', 3)})`,
    `(customer_user_id != '' and ${OPAQUE('customer_user_id')} in ${keys('u', 3)})`,
    `(claimed_device_id != '' and ${OPAQUE('claimed_device_id')} in ${keys('d', 3)})`,
    ...(byNetwork ? [`(${near} and ${networkSql('ip')} in ${keys('p', 3)})`] : []),
  ]
  const own = [
    `if(touchpoint_id in ${keys('t', 3)}, concat('t:', touchpoint_id), '')`,
    `concat('a:', ${ID('advertising_id')})`,
    `concat('i:', ${ID('idfv')})`,
    `concat('u:', ${OPAQUE('customer_user_id')})`,
    `concat('d:', ${OPAQUE('claimed_device_id')})`,
    ...(byNetwork ? [`if(${near}, concat('p:', ${networkSql('ip')}), '')`] : []),
  ]
  // `asked`: when the slice's installs with a key were, and until when a touchpoint of it may have arrived.
  const sql = `with asked as (
      select key, settled, install_time from (
        select key, max(arrived) + toIntervalMillisecond({settle:UInt64}) as settled, groupArray(install_time) as times
        from (
          select arrayJoin(keys) as key, install_time,
            parseDateTime64BestEffortOrZero(JSONExtractString(install, 'received_at'), 3, 'UTC') as arrived
          from replay_installs where ${IN_SLICE}
        ) group by key
      ) array join times as install_time
    )
    select ${SHOWN.join(', ')} from (
      select ${COLUMNS.map((column) => `f.${column} as ${column}`).join(', ')}
      from (
        select ${COLUMNS.join(', ')}, arrayJoin(arrayFilter(k -> length(k) > 2, [${own.join(', ')}])) as key
        from touchpoints
        where ${OF_APP} and touchpoint_time >= ${at('oldest')} and touchpoint_time <= ${at('latest')}
          and received_at <= ${at('cut')} and (${matches.join(' or ')})
      ) as f
      asof left join asked as i on f.key = i.key and f.touchpoint_time <= i.install_time
      where startsWith(f.key, 't:') or (i.key != '' and f.received_at <= i.settled)
      order by sipHash64(f.key), f.touchpoint_time desc, f.touchpoint_id
      limit ${PER_KEY} by f.key, f.touchpoint_type, toDate(f.touchpoint_time), i.install_time
    )
    limit 1 by touchpoint_id`
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
