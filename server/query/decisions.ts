import type { TenantQuery } from './tenant-query.ts'

/** Columns of a decision that reports and lists read. `media_source` of an organic install is `organic`. */
export type DecisionColumn =
  | 'version'
  | 'decision_id'
  | 'decided_at'
  | 'engine_version'
  | 'settings_version'
  | 'install_event_id'
  | 'install_time'
  | 'conversion_type'
  | 'outcome'
  | 'match_type'
  | 'touchpoint_id'
  | 'touchpoint_type'
  | 'touchpoint_time'
  | 'link_id'
  | 'media_source'
  | 'campaign'
  | 'ad_set'
  | 'ad'
  | 'creative'
  | 'site_id'
  | 'country'
  | 'platform'
  | 'os_version'
  | 'app_version'
  | 'environment'
  | 'install'
  | 'candidates'
  | 'rule_hits'
  | 'supersedes'

/** How a decision's column reads: contract, "Organic rows have media_source: organic". */
export function decisionColumn(column: DecisionColumn): string {
  return column === 'media_source' ? `if(outcome = 'organic', 'organic', media_source)` : column
}

/**
 * The current decision of every device (the highest version) as a subquery with `app_id`, `device_id` and the columns.
 * The version is chosen before any condition looks at a row: an older decision that fits must not stand in for a newer one.
 * @param before conditions that do not differ between a device's versions, such as `device_id = …`
 */
export function currentDecisions(
  query: TenantQuery,
  columns: readonly DecisionColumn[],
  where: readonly string[] = [],
  before: readonly string[] = [],
): string {
  const read = columns.map(decisionColumn).join(', ')
  const named = columns.map((column, index) => `d.${index + 1} as ${column}`).join(', ')
  const latest = `(select app_id, device_id, argMax(tuple(${read}), (version, decided_at)) as d from ${query.table('decisions', ['*'], before)} group by app_id, device_id)`
  const all = `(select app_id, device_id, ${named} from ${latest})`
  return where.length === 0 ? all : `(select * from ${all} where ${where.map((part) => `(${part})`).join(' and ')})`
}
