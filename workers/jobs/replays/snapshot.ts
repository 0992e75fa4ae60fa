import { z } from 'zod'
import { APPSFLYER_ENGINE, type HeldReplay } from '#server/modules/attribution/index.ts'
import { newId } from '#server/platform/ids.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { query, SETTINGS } from './read.ts'
import { BUCKET_MS, type Bucket } from './slices.ts'

/** The copy of a period's installs that a replay works on. */
export interface Snapshot {
  snapshotId: string
  snapshotAt: Date
  installsTotal: number
  installsLeft: number
}

const SPACE = `' \\t\\r\\n'`
/** The identifiers of an install, in the spelling in which touchpoints are found by them. */
const KEYS = `arrayFilter(k -> length(k) > 2, arrayDistinct([
    concat('t:', trimBoth(j.click_id, ${SPACE})), concat('t:', trimBoth(j.referrer_click_id, ${SPACE})),
    if(match(j.advertising_id, '[^0\\\\s-]'), concat('a:', lowerUTF8(trimBoth(j.advertising_id, ${SPACE}))), ''),
    if(match(j.idfv, '[^0\\\\s-]'), concat('i:', lowerUTF8(trimBoth(j.idfv, ${SPACE}))), ''),
    concat('u:', trimBoth(j.customer_user_id, ${SPACE})),
    concat('d:', trimBoth(device_id, ${SPACE})),
    concat('p:', ${networkSql('j.ip')})
  ]))`

/** The network behind an address as the engine's `networkOf` gives it, in SQL; empty for what is no address. */
function networkSql(ip: string): string {
  return `multiIf(isIPv4String(${ip}), ${ip},
      startsWith(lower(${ip}), '::ffff:') and isIPv4String(substring(${ip}, 8)), substring(${ip}, 8),
      isIPv6String(${ip}), lower(hex(substring(IPv6StringToNumOrDefault(${ip}), 1, 8))), '')`
}

/**
 * Copies the production installs of a replay's period as they are decided now. What was decided by another product is left
 * out and counted: our engine has not seen what it saw.
 * @param now Unix milliseconds
 * @param signal ends the wait for the copy; what the store has copied by then goes by its age
 * @throws ClickHouseError, a connection error, or the signal's reason
 */
export async function takeSnapshot(
  clickhouse: ClickHouseClient,
  held: HeldReplay,
  now: number,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const snapshotId = newId('replay')
  const snapshotAt = new Date(now)
  const params = {
    org: held.orgId,
    app: held.appId,
    snapshot: snapshotId,
    from: held.periodFrom,
    to: held.periodTo,
    zone: held.timezone,
    now,
    elsewhere: APPSFLYER_ENGINE,
  }
  const midnight = (name: string) => `toDateTime64(concat({${name}:String}, ' 00:00:00'), 3, {zone:String})`
  // The version is chosen before any condition looks at a row: an older decision that fits must not stand in for a newer one.
  const current = `select * from (
      select org_id, app_id, device_id, install_time, environment, engine_version, conversion_type, outcome, match_type,
        touchpoint_id, media_source, campaign, install
      from decisions where org_id = {org:String} and app_id = {app:String}
      order by device_id, version desc, decided_at desc limit 1 by device_id
    ) where environment = 'production' and install_time >= ${midnight('from')} and install_time < ${midnight('to')}`
  await clickhouse.command({
    query: `insert into replay_installs (org_id, app_id, snapshot_id, install_time, device_id, conversion_type, outcome,
        match_type, touchpoint_id, media_source, campaign, install, keys, taken_at)
      select org_id, app_id, {snapshot:String}, install_time, device_id, conversion_type, outcome, match_type, touchpoint_id,
        if(outcome = 'organic', 'organic', media_source), campaign, install, ${KEYS},
        fromUnixTimestamp64Milli({now:Int64}, 'UTC')
      from (
        select *, JSONExtract(install, 'Tuple(click_id String, referrer_click_id String, advertising_id String, idfv String, customer_user_id String, ip String)') as j
        from (${current} and engine_version != {elsewhere:String})
      )`,
    query_params: params,
    ...(signal && { abort_signal: signal }),
    // Progress keeps the connection awake while millions of installs are copied.
    clickhouse_settings: {
      ...SETTINGS,
      max_execution_time: 1800,
      wait_end_of_query: 1,
      send_progress_in_http_headers: 1,
      http_headers_progress_interval_ms: '20000',
    },
  })
  const counts = z.tuple([z.object({ installs: z.number() })])
  const [taken] = counts.parse(
    await query(clickhouse, `select count() as installs from replay_installs where ${OF_SNAPSHOT}`, params),
  )
  const [left] = counts.parse(
    await query(
      clickhouse,
      `select count() as installs from (${current} and engine_version = {elsewhere:String})`,
      params,
    ),
  )
  return { snapshotId, snapshotAt, installsTotal: taken.installs, installsLeft: left.installs }
}

/** Condition on `replay_installs`; wants the parameters `org`, `app` and `snapshot`. */
export const OF_SNAPSHOT = 'org_id = {org:String} and app_id = {app:String} and snapshot_id = {snapshot:String}'

/** How many installs of a snapshot begin in each quarter of an hour, in order. */
export async function readBuckets(
  clickhouse: ClickHouseClient,
  { orgId, appId }: Pick<HeldReplay, 'orgId' | 'appId'>,
  snapshotId: string,
): Promise<Bucket[]> {
  const found = await query(
    clickhouse,
    // Whole quarters since 1970, downwards also before it.
    `select toUnixTimestamp64Milli(install_time) - positiveModulo(toUnixTimestamp64Milli(install_time), ${BUCKET_MS}) as at,
       toUInt32(count()) as installs
     from replay_installs where ${OF_SNAPSHOT} group by at order by at`,
    { org: orgId, app: appId, snapshot: snapshotId },
  )
  return z.array(z.object({ at: z.number(), installs: z.number() })).parse(found)
}
