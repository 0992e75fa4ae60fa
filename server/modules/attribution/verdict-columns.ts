import { type Candidate, type ReengagementVerdict, type RuleHit, SETTLE_MS, type Verdict } from './engine/index.ts'
import type { StoredCandidate, StoredInstall, StoredRuleHit } from './schema.ts'

/** Candidates a decision keeps. Click flooding brings thousands for one device; the best ones explain the outcome. */
const CANDIDATES_KEPT = 100

const iso = (ms: number): string => new Date(ms).toISOString()
const orNull = (text: string | null | undefined): string | null => text || null

/** When the decision about an install that arrived at this time is settled; RFC 3339 in UTC. */
export function settlesAt(receivedAt: string): string {
  return iso(Date.parse(receivedAt) + SETTLE_MS)
}

/** A candidate as decisions keep it. */
export function storedCandidate({ touchpoint, ...judged }: Candidate): StoredCandidate {
  return {
    touchpoint_id: touchpoint.touchpointId,
    touchpoint_type: touchpoint.touchpointType,
    touchpoint_time: iso(touchpoint.touchpointTime),
    media_source: touchpoint.mediaSource,
    campaign: orNull(touchpoint.campaign),
    ad_set: orNull(touchpoint.adSet),
    ad: orNull(touchpoint.ad),
    creative: orNull(touchpoint.creative),
    site_id: orNull(touchpoint.siteId),
    link_id: orNull(touchpoint.linkId),
    match_type: judged.matchType,
    matched_by: judged.matchedBy,
    eligible: judged.eligible,
    refused_by: judged.refusedBy,
    rank: judged.rank,
    rank_reason: judged.rankReason,
    time_to_install_ms: judged.timeToInstallMs,
    window_ms: judged.windowMs,
    probability: judged.probability,
    web_to_app: judged.webToApp,
    is_retargeting: touchpoint.isRetargeting ?? false,
  }
}

/** A rule hit as decisions keep it. */
export const storedRuleHit = ({ rule, touchpointId, value }: RuleHit): StoredRuleHit => ({
  rule,
  touchpoint_id: touchpointId,
  value,
})

/** What decisions about installs and about returns keep of a verdict, as columns of their tables. */
export function verdictColumns(verdict: Verdict | ReengagementVerdict, event: StoredInstall) {
  const { winner } = verdict
  const won = winner?.touchpoint
  return {
    engine_version: verdict.engineVersion,
    settings_version: verdict.settingsVersion,
    conversion_type: verdict.conversionType,
    outcome: verdict.outcome,
    match_type: verdict.matchType ?? '',
    probability: winner?.probability ?? 0,
    is_retargeting: won?.isRetargeting ?? false,
    touchpoint_id: won?.touchpointId ?? '',
    touchpoint_type: won?.touchpointType ?? '',
    touchpoint_time: won ? iso(won.touchpointTime) : null,
    link_id: won?.linkId ?? '',
    media_source: won?.mediaSource ?? 'organic',
    campaign: won?.campaign ?? '',
    ad_set: won?.adSet ?? '',
    ad: won?.ad ?? '',
    creative: won?.creative ?? '',
    site_id: won?.siteId ?? '',
    country: event.country ?? '',
    platform: event.platform,
    os_version: event.os_version ?? '',
    app_version: event.app_version ?? '',
    environment: event.environment,
    candidates: JSON.stringify(verdict.candidates.slice(0, CANDIDATES_KEPT).map(storedCandidate)),
    rule_hits: JSON.stringify(verdict.ruleHits.slice(0, CANDIDATES_KEPT).map(storedRuleHit)),
    settles_at: settlesAt(event.received_at),
  }
}
