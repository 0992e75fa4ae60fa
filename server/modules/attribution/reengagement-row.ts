import { createHash } from 'node:crypto'
import type { ReengagementVerdict } from './engine/index.ts'
import type { StoredInstall } from './schema.ts'
import { verdictColumns } from './verdict-columns.ts'

/** What of a stored re-engagement tells whether a new verdict says anything new. */
export interface ReengagementState {
  version: number
  decision_id: string
  settings_version: number
  /** See `reengagementEssence`. */
  essence: string
}

/** A row of the ClickHouse table `reengagements`, as it is inserted. */
export interface ReengagementRow {
  org_id: string
  app_id: string
  device_id: string
  conversion_id: string
  conversion_time: string
  version: number
  decision_id: string
  last_active_at: string | null
  outcome: string
  match_type: string
  touchpoint_id: string
  candidates: string
  rule_hits: string
  [column: string]: string | number | boolean | null
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** What a re-engagement says, without when and under which version: a second one that says the same is not written. */
export function reengagementEssence(
  row: Pick<
    ReengagementRow,
    'last_active_at' | 'outcome' | 'match_type' | 'touchpoint_id' | 'candidates' | 'rule_hits'
  >,
): string {
  const silentSince = row.last_active_at === null ? null : Date.parse(row.last_active_at)
  return JSON.stringify([silentSince, row.outcome, row.match_type, row.touchpoint_id, row.candidates, row.rule_hits])
}

function reengagementId(orgId: string, appId: string, deviceId: string, conversionId: string, version: number): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([orgId, appId, deviceId, conversionId, version]))
    .digest('hex')
  return `ren_${digest.slice(0, 24)}`
}

/**
 * The row for a device's return, one version after `before`.
 * @param event the event with which the device came back, as decisions keep installs
 * @param verdict `organic` takes back what an earlier version said
 * @param now Unix milliseconds of the decision
 */
export function reengagementRow(
  { orgId, appId }: { orgId: string; appId: string },
  event: StoredInstall,
  verdict: ReengagementVerdict,
  before: Pick<ReengagementState, 'version' | 'decision_id'> | undefined,
  now: number,
): ReengagementRow {
  const version = (before?.version ?? 0) + 1
  const silentFor = verdict.inactiveForMs
  return {
    org_id: orgId,
    app_id: appId,
    device_id: event.device_id,
    conversion_id: event.event_id,
    conversion_time: event.install_time,
    version,
    decision_id: reengagementId(orgId, appId, event.device_id, event.event_id, version),
    decided_at: iso(now),
    last_active_at: silentFor === null ? null : iso(Date.parse(event.install_time) - silentFor),
    ...verdictColumns(verdict, event),
    conversion: JSON.stringify(event),
    supersedes: before?.decision_id ?? '',
  }
}
