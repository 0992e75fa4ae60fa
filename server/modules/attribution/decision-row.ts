import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Install, Verdict } from './engine/index.ts'
import {
  type DecisionBody,
  type StoredCandidate,
  type StoredInstall,
  storedCandidateSchema,
  storedInstallSchema,
  storedRuleHitSchema,
} from './schema.ts'
import { storedCandidate, verdictColumns } from './verdict-columns.ts'

/** A row of the ClickHouse table `decisions`, as it is inserted. */
export interface DecisionRow {
  org_id: string
  app_id: string
  device_id: string
  version: number
  decision_id: string
  decided_at: string
  engine_version: string
  settings_version: number
  install_event_id: string
  install_time: string
  conversion_type: string
  outcome: string
  match_type: string
  touchpoint_id: string
  touchpoint_type: string
  touchpoint_time: string | null
  link_id: string
  media_source: string
  campaign: string
  ad_set: string
  ad: string
  creative: string
  site_id: string
  country: string
  platform: string
  os_version: string
  app_version: string
  environment: string
  /** 1 where nothing was guessed, 0 without a winner. */
  probability: number
  is_retargeting: boolean
  settles_at: string
  install: string
  contributors: string
  candidates: string
  rule_hits: string
  supersedes: string
}

/** What of a stored decision tells whether a new verdict says anything new. */
export interface DecisionState {
  version: number
  decision_id: string
  /** Our engine's version, or the name of the product that decided, where the decision was imported from one. */
  engine_version: string
  settings_version: number
  install: StoredInstall
  /** See `essence`. */
  essence: string
}

/**
 * Whether another product decided, of whose decisions only the outcome can be had (AppsFlyer's raw data). Our engine has not
 * seen what it saw, so such a decision stands, whatever arrives later.
 */
export function decidedElsewhere(state: Pick<DecisionState, 'engine_version'>): boolean {
  return state.engine_version === APPSFLYER_ENGINE
}

/** Stands as `engine_version` in decisions that AppsFlyer made. */
export const APPSFLYER_ENGINE = 'appsflyer'

/** The install that the engine gets, from the one that a decision keeps. */
export function engineInstall(stored: StoredInstall): Install {
  const time = (text: string | null) => (text === null ? null : Date.parse(text))
  return {
    deviceId: stored.device_id,
    installTime: Date.parse(stored.install_time),
    platform: stored.platform,
    environment: stored.environment,
    clickId: stored.click_id,
    referrerClickId: stored.referrer_click_id,
    advertisingId: stored.advertising_id,
    idfv: stored.idfv,
    customerUserId: stored.customer_user_id,
    ip: stored.ip,
    osVersion: stored.os_version,
    deviceModel: stored.device_model,
    probabilisticAllowed: stored.probabilistic_allowed,
    // The store's server times are harder to forge than the device's.
    referrerClickTime: time(stored.referrer_click_time_server ?? stored.referrer_click_time),
    installBeginTime: time(stored.install_begin_time_server ?? stored.install_begin_time),
    lastActiveAt: time(stored.last_active_at ?? null),
  }
}

/** The same for the same app, device and version, so that a replay writes the same row again. */
function decisionId(orgId: string, appId: string, deviceId: string, version: number): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([orgId, appId, deviceId, version]))
    .digest('hex')
  return `dec_${digest.slice(0, 24)}`
}

type Essential = Pick<
  DecisionRow,
  'install_event_id' | 'outcome' | 'match_type' | 'touchpoint_id' | 'conversion_type' | 'candidates' | 'rule_hits'
>

/**
 * What a decision says, without when and under which version: two decisions with the same essence are the same
 * decision, and the second is not written. A candidate more makes another decision even when the winner stays, because
 * "why?" must list every touchpoint that could have won.
 */
export function essence(row: Essential): string {
  return JSON.stringify([
    row.install_event_id,
    row.outcome,
    row.match_type,
    row.touchpoint_id,
    row.conversion_type,
    row.candidates,
    row.rule_hits,
  ])
}

/**
 * The row for a verdict, one version after `before`.
 * @param now Unix milliseconds of the decision
 */
export function decisionRow(
  tenant: { orgId: string; appId: string },
  install: StoredInstall,
  verdict: Verdict,
  before: Pick<DecisionState, 'version' | 'decision_id'> | undefined,
  now: number,
): DecisionRow {
  const { orgId, appId } = tenant
  const version = (before?.version ?? 0) + 1
  return {
    org_id: orgId,
    app_id: appId,
    device_id: install.device_id,
    version,
    decision_id: decisionId(orgId, appId, install.device_id, version),
    decided_at: new Date(now).toISOString(),
    install_event_id: install.event_id,
    install_time: install.install_time,
    ...verdictColumns(verdict, install),
    install: JSON.stringify(install),
    contributors: JSON.stringify(verdict.contributors.map(storedCandidate)),
    supersedes: before?.decision_id ?? '',
  }
}

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema)

/** Columns that `decisionState` needs. */
export const STATE_COLUMNS =
  'device_id, version, decision_id, engine_version, settings_version, install_event_id, outcome, match_type, touchpoint_id, conversion_type, install, candidates, rule_hits'

const stateSchema = z.object({
  device_id: z.string(),
  version: z.number(),
  decision_id: z.string(),
  engine_version: z.string(),
  settings_version: z.number(),
  install_event_id: z.string(),
  outcome: z.string(),
  match_type: z.string(),
  touchpoint_id: z.string(),
  conversion_type: z.string(),
  install: json(storedInstallSchema),
  candidates: z.string(),
  rule_hits: z.string(),
})

/** Reads a row of `STATE_COLUMNS`. @throws ZodError when the store holds something else */
export function decisionState(row: unknown): DecisionState & { deviceId: string } {
  const { device_id, version, decision_id, engine_version, settings_version, install, ...rest } = stateSchema.parse(row)
  const state = { version, decision_id, engine_version, settings_version, install }
  return { deviceId: device_id, ...state, essence: essence(rest) }
}

/** Columns that `decisionBody` needs. */
export const BODY_COLUMNS =
  'decision_id, version, decided_at, engine_version, settings_version, install, conversion_type, outcome, match_type, probability, is_retargeting, settles_at, contributors, candidates, rule_hits, supersedes'

const bodySchema = z.object({
  decision_id: z.string(),
  version: z.number(),
  decided_at: z.string(),
  engine_version: z.string(),
  settings_version: z.number(),
  install: json(storedInstallSchema),
  conversion_type: z.enum(['install', 'reinstall', 'reattribution']),
  outcome: z.enum(['attributed', 'organic']),
  match_type: z.string(),
  probability: z.number(),
  is_retargeting: z.boolean(),
  settles_at: z.string(),
  // Decisions of engine 1 have none.
  contributors: z
    .string()
    .transform((text): unknown => (text === '' ? [] : JSON.parse(text)))
    .pipe(z.array(storedCandidateSchema)),
  candidates: json(z.array(storedCandidateSchema)),
  rule_hits: json(z.array(storedRuleHitSchema)),
  supersedes: z.string(),
})

/** Reads a row of `BODY_COLUMNS` into the contract's words. @throws ZodError when the store holds something else */
export function decisionBody(row: unknown): DecisionBody {
  const { match_type: _, supersedes, ...rest } = bodySchema.parse(row)
  const winner = rest.outcome === 'attributed' ? (rest.candidates[0] ?? null) : null
  return {
    ...rest,
    reason: rest.outcome === 'attributed' && !winner ? 'decided_elsewhere' : reasonFor(winner, rest.candidates),
    match_type: winner?.match_type ?? null,
    winner,
    supersedes: supersedes === '' ? null : supersedes,
  }
}

function reasonFor(winner: StoredCandidate | null, candidates: StoredCandidate[]): DecisionBody['reason'] {
  if (winner) return winner.touchpoint_type === 'click' ? 'click_won' : 'view_won'
  return candidates.some((one) => one.match_type !== null) ? 'every_match_refused' : 'nothing_matched'
}
