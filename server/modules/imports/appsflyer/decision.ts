import { hash } from 'node:crypto'
import {
  APPSFLYER_ENGINE,
  type DecisionRow,
  referrerClickId,
  type StoredCandidate,
  type StoredInstall,
  type StoredRuleHit,
  settlesAt,
} from '#server/modules/attribution/index.ts'
import { type Cells, lookbackOf } from './cells.ts'
import type { ImportedEvent } from './event.ts'
import { reportOf } from './report.ts'
import { contributorsOf, type ImportedTouch, mediaSourceOf, touchOf } from './touch.ts'

/** AppsFlyer's verdict about an install, without the tenant and the time of the import. */
export type ImportedDecision = Omit<DecisionRow, 'org_id' | 'app_id' | 'decided_at'>

/** How AppsFlyer tied the two together, where its column `match_type` says so; else by the touchpoint that the row names. */
const MATCH: ReadonlyMap<string, NonNullable<StoredCandidate['match_type']>> = new Map([
  ['gp_referrer', 'install_referrer'],
  ['referrer', 'install_referrer'],
  ['id_matching', 'device_id'],
])

/**
 * AppsFlyer's verdict as a decision of ours: it names the touchpoint that earned the install and those that helped. It is
 * kept as it was; our engine has not seen what AppsFlyer saw.
 * @param event the row as an install event
 */
export function decisionOf(cells: Cells, event: ImportedEvent): ImportedDecision {
  const winner = touchOf(cells)
  const source = mediaSourceOf(cells)
  const install = storedInstall(event)
  const match = winner ? (MATCH.get((cells.get('match_type') ?? '').toLowerCase()) ?? 'click_id') : null
  // Where it names no touchpoint as the winner, a helper would stand first and be taken for it.
  const touches = winner ? [winner, ...contributorsOf(cells)] : []
  const candidates = touches.map((touch, at) => candidate(touch, event, at, match, winner ?? touch, lookbackOf(cells)))
  const hit: StoredRuleHit = { rule: 'decided_elsewhere', touchpoint_id: null, value: 'AppsFlyer' }
  return {
    device_id: event.device_id,
    version: 1,
    decision_id: `dec_${hash('md5', JSON.stringify([APPSFLYER_ENGINE, event.event_id]), 'hex').slice(0, 24)}`,
    engine_version: APPSFLYER_ENGINE,
    settings_version: 1,
    install_event_id: event.event_id,
    install_time: event.event_time,
    conversion_type: reportOf(cells) === 'install' ? 'install' : 'reinstall',
    outcome: source === undefined ? 'organic' : 'attributed',
    match_type: match ?? '',
    touchpoint_id: winner?.touchpoint_id ?? '',
    touchpoint_type: winner?.touchpoint_type ?? '',
    touchpoint_time: winner?.touchpoint_time ?? null,
    link_id: '',
    media_source: source ?? 'organic',
    campaign: (source !== undefined && cells.get('campaign')) || '',
    ad_set: (source !== undefined && cells.get('adset')) || '',
    ad: (source !== undefined && cells.get('ad')) || '',
    creative: '',
    site_id: (source !== undefined && cells.get('site_id')) || '',
    country: install.country ?? '',
    platform: install.platform,
    os_version: install.os_version ?? '',
    app_version: install.app_version ?? '',
    environment: install.environment,
    probability: winner ? 1 : 0,
    is_retargeting: cells.get('is_retargeting')?.toLowerCase() === 'true',
    settles_at: settlesAt(install.received_at),
    contributors: JSON.stringify(candidates.slice(1, 4)),
    install: JSON.stringify(install),
    candidates: JSON.stringify(candidates),
    rule_hits: JSON.stringify([hit]),
    supersedes: '',
  }
}

function candidate(
  touch: ImportedTouch,
  event: ImportedEvent,
  at: number,
  match: StoredCandidate['match_type'],
  winner: ImportedTouch,
  lookback: number,
): StoredCandidate {
  const won = touch === winner
  return {
    touchpoint_id: touch.touchpoint_id,
    touchpoint_type: touch.touchpoint_type,
    touchpoint_time: touch.touchpoint_time,
    media_source: touch.media_source,
    campaign: touch.campaign ?? null,
    ad_set: touch.ad_set ?? null,
    ad: touch.ad ?? null,
    creative: null,
    site_id: touch.site_id ?? null,
    link_id: null,
    match_type: won ? match : null,
    matched_by: won ? ['click_id'] : [],
    eligible: true,
    refused_by: null,
    rank: at + 1,
    rank_reason: won ? null : reasonAgainst(touch, winner),
    time_to_install_ms: Date.parse(event.event_time) - Date.parse(touch.touchpoint_time),
    window_ms: won ? lookback : 0,
    probability: 1,
    web_to_app: false,
    is_retargeting: false,
  }
}

const reasonAgainst = (touch: ImportedTouch, winner: ImportedTouch): StoredCandidate['rank_reason'] =>
  touch.touchpoint_type === 'view' && winner.touchpoint_type === 'click' ? 'view_after_click' : 'older'

const PLATFORMS = ['ios', 'android', 'web'] as const

/** The install as decisions keep it. Another platform has been refused before by the collector's own rule. */
function storedInstall(event: ImportedEvent): StoredInstall {
  const text = (field: string) => (typeof event[field] === 'string' ? event[field] : null)
  return {
    event_id: event.event_id,
    device_id: event.device_id,
    install_time: event.event_time,
    // When it reached AppsFlyer is not known; when it reached us says nothing about the install.
    received_at: event.event_time,
    platform: PLATFORMS.find((one) => one === event.platform) ?? 'android',
    environment: 'production',
    advertising_id: text('advertising_id'),
    idfv: text('idfv'),
    customer_user_id: text('customer_user_id'),
    click_id: text('click_id'),
    install_referrer: text('install_referrer'),
    referrer_click_id: referrerClickId(text('install_referrer')) ?? null,
    referrer_click_time: text('referrer_click_time'),
    install_begin_time: text('install_begin_time'),
    referrer_click_time_server: null,
    install_begin_time_server: null,
    ip: text('ip'),
    country: text('country'),
    os_version: text('os_version'),
    app_version: text('app_version'),
    device_model: text('device_model'),
    user_agent: text('user_agent'),
    // AppsFlyer decided; nothing is matched again.
    probabilistic_allowed: true,
    completed_by: [],
  }
}
