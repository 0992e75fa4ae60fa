/** Arrival days in UTC, `since` inclusive and `until` exclusive, as YYYY-MM-DD; of one app, or of all without one. */
export interface RollupRange {
  orgId?: string
  appId?: string
  since: string
  until: string
}

const KEYS = 'org_id, app_id, environment, bucket, event_name, platform, country, currency, arrival_day'
const MILLISECONDS = 900_000
const BUCKET = `fromUnixTimestamp64Milli(toUnixTimestamp64Milli(event_time) - positiveModulo(toUnixTimestamp64Milli(event_time), ${MILLISECONDS}), 'UTC')`

/** Every group of `events_15m` whose figures are not those of the events, with what has to be added to them, as a select. */
export function rollupDifferences(range: RollupRange): string {
  const tenant = [
    ...(range.orgId === undefined ? [] : ['org_id = {org:String}']),
    ...(range.appId === undefined ? [] : ['app_id = {app:String}']),
  ]
  const raw = [
    ...tenant,
    `e.received_at >= toDateTime64({since:Date}, 3, 'UTC')`,
    `e.received_at < toDateTime64({until:Date}, 3, 'UTC')`,
  ]
  const rolled = [...tenant, 'arrival_day >= {since:Date}', 'arrival_day < {until:Date}']
  return `select ${KEYS}, sum(n) as events, sum(late) as late_events, sum(paid) as paid_events, sum(amount) as revenue
    from (
      select org_id, app_id, environment, ${BUCKET} as bucket, event_name, platform, country, currency,
        toDate(e.received_at, 'UTC') as arrival_day, toInt64(count()) as n, toInt64(countIf(e.is_late)) as late,
        toInt64(countIf(e.revenue != 0)) as paid, sum(toDecimal128(ifNull(e.revenue, 0), 6)) as amount
      from events as e where ${raw.join(' and ')} group by ${KEYS}
      union all
      select ${KEYS}, -events, -late_events, -paid_events, -revenue from events_15m where ${rolled.join(' and ')}
    )
    group by ${KEYS} having events != 0 or late_events != 0 or paid_events != 0 or revenue != 0`
}

/** The values of the placeholders in {@link rollupDifferences}. */
export const rangeParameters = ({ orgId, appId, since, until }: RollupRange) => ({
  since,
  until,
  ...(orgId === undefined ? {} : { org: orgId }),
  ...(appId === undefined ? {} : { app: appId }),
})

/** Settings of a question that may take minutes and must not push the loader out of memory. */
export const BACKGROUND = { max_execution_time: 600, max_bytes_before_external_group_by: '1000000000' } as const
