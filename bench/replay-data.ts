import type { ClickHouseClient } from '#server/stores/index.ts'

/** First day of the installs; they are spread evenly over {@link DAYS}. */
export const FROM = '2026-09-01'
export const TO = '2026-10-01'
const DAYS = 30
/** Devices behind one network address. */
const BEHIND_ADDRESS = 10
/** Touchpoints of each install. */
export const TOUCHPOINTS = 5

const NUMBER = 'number'
const TIME = (installs: number) =>
  `toDateTime64('${FROM} 00:00:00', 3, 'UTC') + toIntervalMillisecond(intDiv(${NUMBER} * ${DAYS * 86_400_000}, ${installs}))`
const GAID = `concat(lower(hex(sipHash64(${NUMBER}))), '-', toString(${NUMBER}))`
const ADDRESS = (installs: number) => {
  // Neighbours behind an address are spread over the period, so that some meet within a day.
  const network = `(${NUMBER} % ${Math.ceil(installs / BEHIND_ADDRESS)})`
  return `concat('10.', toString(intDiv(${network}, 65536)), '.', toString(intDiv(${network}, 256) % 256), '.', toString(${network} % 256))`
}
const SOURCE = `concat('network_', toString(sipHash64(${NUMBER}, 7) % 12))`
const CAMPAIGN = `concat('campaign_', toString(sipHash64(${NUMBER}, 9) % 40))`

/**
 * Fills a scratch store with installs, their decisions and five touchpoints each: every third install's clicks are older than
 * a day, and a view of another source is two hours old. All are decided for the most recent click, so an order that asks for
 * time first moves exactly every third one to the view.
 */
export async function fillReplayData(
  clickhouse: ClickHouseClient,
  { orgId, appId }: { orgId: string; appId: string },
  installs: number,
): Promise<void> {
  const params = { org: orgId, app: appId }
  const step = 200_000
  for (let from = 0; from < installs; from += step) {
    const numbers = `numbers(${from}, ${Math.min(step, installs - from)})`
    for (const query of [
      touchpoints(installs, numbers),
      decisions(installs, numbers),
      keyedInstalls(installs, numbers),
    ])
      await clickhouse.command({ query, query_params: params, clickhouse_settings: { wait_end_of_query: 1 } })
  }
  // As a store is that took a month for them, rather than a minute: its parts are merged.
  for (const table of ['touchpoints', 'touchpoint_keys', 'keyed_installs', 'decisions'])
    await clickhouse.command({ query: `optimize table ${table} final`, clickhouse_settings: { wait_end_of_query: 1 } })
}

function touchpoints(installs: number, numbers: string): string {
  // Hours before the install; the first two are clicks of every third install at 3 and 5 days, of the others at 2 hours and 4 days.
  const hours = `if(${NUMBER} % 3 = 0, [72, 120, 150, 2, 20], [2, 96, 150, 3, 20])`
  return `insert into touchpoints (org_id, app_id, touchpoint_id, touchpoint_type, touchpoint_time, received_at, media_source,
      campaign, advertising_id, ip, platform, os_version, device_model)
    select {org:String}, {app:String}, concat('t-', toString(${NUMBER}), '-', toString(k)),
      if(k <= 3, 'click', 'view'), at, at, if(k <= 3, ${SOURCE}, 'view_network'), ${CAMPAIGN}, ${GAID}, ${ADDRESS(installs)},
      'android', '14', 'Pixel 8'
    from (
      select ${NUMBER}, k, ${TIME(installs)} - toIntervalHour(arrayElement(${hours}, k)) as at
      from (select ${NUMBER}, arrayJoin(range(1, ${TOUCHPOINTS + 1})) as k from ${numbers})
    )`
}

function decisions(installs: number, numbers: string): string {
  const absent = [
    ...['idfv', 'customer_user_id', 'click_id', 'install_referrer', 'referrer_click_id', 'referrer_click_time'],
    ...['install_begin_time', 'referrer_click_time_server', 'install_begin_time_server', 'app_version', 'user_agent'],
  ].map((name) => `"${name}":null`)
  const install = `concat('{"event_id":"e-', toString(${NUMBER}), '","device_id":"d-', toString(${NUMBER}), '","install_time":"', at,
      '","received_at":"', at, '","platform":"android","environment":"production","advertising_id":"', ${GAID}, '","ip":"', ${ADDRESS(installs)},
      '","country":"DE","os_version":"14","device_model":"Pixel 8",${absent.join(',')},"probabilistic_allowed":true}')`
  return `insert into decisions (org_id, app_id, device_id, version, decision_id, decided_at, engine_version, settings_version,
      install_event_id, install_time, conversion_type, outcome, match_type, touchpoint_id, touchpoint_type, media_source, campaign,
      platform, environment, install, candidates, rule_hits)
    select {org:String}, {app:String}, concat('d-', toString(${NUMBER})), 1, concat('dec-', toString(${NUMBER})), time, '2.0.0', 1,
      concat('e-', toString(${NUMBER})), time, 'install', 'attributed', 'device_id', concat('t-', toString(${NUMBER}), '-1'), 'click',
      ${SOURCE}, ${CAMPAIGN}, 'android', 'production', ${install}, '[]', '[]'
    from (select ${NUMBER}, ${TIME(installs)} as time, concat(replaceOne(toString(time), ' ', 'T'), 'Z') as at from ${numbers})`
}

function keyedInstalls(installs: number, numbers: string): string {
  return `insert into keyed_installs (org_id, app_id, key, install_time, device_id, environment, traits, received_at, removed, written_at)
    select {org:String}, {app:String}, arrayJoin([concat('a:', ${GAID}), concat('d:d-', toString(${NUMBER})), concat('p:', ${ADDRESS(installs)})]),
      time, concat('d-', toString(${NUMBER})), 'production', 'android\\n14\\nPixel 8', time, false, time
    from (select ${NUMBER}, ${TIME(installs)} as time from ${numbers})`
}
