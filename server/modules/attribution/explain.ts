import { z } from 'zod'
import { type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import { type TenantScope, withOrg } from '#server/tenancy/index.ts'
import { decidedElsewhere } from './decision-row.ts'
import type { AttributionSettings } from './engine/index.ts'
import { PROBABILITY_NEEDED } from './engine/probability.ts'
import { currentDecision, decisionHistory } from './queries.ts'
import { type DecisionBody, storedCandidateSchema, storedRuleHitSchema } from './schema.ts'
import { settingsOfVersion } from './settings.ts'

const ORIGIN: QueryOrigin = { surface: 'attribution' }
const MOST_REENGAGEMENTS = 100

/** The rules that a decision followed, in the contract's spelling. Durations in milliseconds. */
export interface SettingsBody {
  version: number
  click_lookback_ms: number
  view_lookback_ms: number
  probabilistic_enabled: boolean
  probabilistic_window_ms: number
  /** The probability from which on a probabilistic match counts: the engine's, not a setting. */
  probability_needed: number
  reinstall_window_ms: number
  inactivity_window_ms: number
  reengagement_lookback_ms: number
  model: AttributionSettings['model']
  /** The steps in which candidates were compared, first to last. */
  priorities: AttributionSettings['priorities']
  /** RFC 3339, or null. */
  effective_from: string | null
  /** Rules of their own that media sources of the candidates have. */
  per_media_source: Record<string, SourceRulesBody>
}

/** What a media source does otherwise than the app; what is absent follows the app. */
export interface SourceRulesBody {
  click_lookback_ms?: number
  view_lookback_ms?: number
  probabilistic_window_ms?: number
  view_through_enabled?: boolean
  probabilistic_enabled?: boolean
}

/** A decision with the rules it followed; `null` where another product decided, which keeps its rules to itself. */
export type ExplainedDecision = DecisionBody & { settings: SettingsBody | null }

const reengagementRow = z
  .object({
    conversion_id: z.string(),
    conversion_time: z.string(),
    decision_id: z.string(),
    decided_at: z.string(),
    version: z.number(),
    engine_version: z.string(),
    settings_version: z.number(),
    last_active_at: z.string().nullable(),
    is_retargeting: z.boolean(),
    settles_at: z.string(),
    candidates: z
      .string()
      .transform((text): unknown => JSON.parse(text))
      .pipe(z.array(storedCandidateSchema)),
    rule_hits: z
      .string()
      .transform((text): unknown => JSON.parse(text))
      .pipe(z.array(storedRuleHitSchema)),
    supersedes: z.string(),
  })
  .transform(({ supersedes, ...row }) => ({
    ...row,
    winner: row.candidates[0] ?? null,
    /** decision_id of the decision that this one replaces. */
    supersedes: supersedes || null,
  }))

/** One return of an inactive device that a touchpoint brought about, by the current decision about it. Times RFC 3339. */
export type ReengagementBody = z.output<typeof reengagementRow>

/** Everything that explains where a device's install went and what brought the device back since. */
export interface Explanation {
  /** The current decision, and with `history` the ones it superseded, newest first. */
  decisions: [ExplainedDecision, ...ExplainedDecision[]]
  /** Newest first, at most 100. */
  reengagements: ReengagementBody[]
}

/**
 * Explains a device's install; `null` when there is no decision about one.
 * @param scope of one app
 */
export async function explainInstall(
  scope: TenantScope,
  deviceId: string,
  { history }: { history: boolean },
): Promise<Explanation | null> {
  const found = history
    ? await decisionHistory(scope, deviceId)
    : [await currentDecision(scope, deviceId)].flatMap((one) => one ?? [])
  if (found.length === 0) return null
  const [[current, ...earlier], reengagements] = await Promise.all([
    withSettings(scope, found),
    readReengagements(scope, deviceId),
  ])
  return current ? { decisions: [current, ...earlier], reengagements } : null
}

async function withSettings(scope: TenantScope, decisions: DecisionBody[]): Promise<ExplainedDecision[]> {
  const [appId] = scope.apps ?? []
  if (appId === undefined) throw new Error('Decisions are explained under a scope of one app.')
  const ours = decisions.filter((one) => !decidedElsewhere(one))
  const versions = [...new Set(ours.map((one) => one.settings_version))]
  const known = await withOrg(scope.orgId, async (tx) => {
    const read = new Map<number, AttributionSettings | null>()
    for (const version of versions)
      read.set(version, await settingsOfVersion(tx, { orgId: scope.orgId, appId }, version))
    return read
  })
  return decisions.map((one) => {
    const settings = decidedElsewhere(one) ? null : known.get(one.settings_version)
    return { ...one, settings: settings ? settingsBody(settings, one) : null }
  })
}

function settingsBody(settings: AttributionSettings, { candidates }: DecisionBody): SettingsBody {
  const sources = new Set(candidates.map((one) => one.media_source))
  return {
    version: settings.version,
    click_lookback_ms: settings.clickLookbackMs,
    view_lookback_ms: settings.viewLookbackMs,
    probabilistic_enabled: settings.probabilisticEnabled,
    probabilistic_window_ms: settings.probabilisticWindowMs,
    probability_needed: PROBABILITY_NEEDED,
    reinstall_window_ms: settings.reinstallWindowMs,
    inactivity_window_ms: settings.inactivityWindowMs,
    reengagement_lookback_ms: settings.reengagementLookbackMs,
    model: settings.model,
    priorities: settings.priorities,
    effective_from: settings.effectiveFrom,
    per_media_source: Object.fromEntries(
      Object.entries(settings.perMediaSource)
        .filter(([name]) => sources.has(name))
        .map(([name, own]): [string, SourceRulesBody] => [
          name,
          {
            click_lookback_ms: own.clickLookbackMs,
            view_lookback_ms: own.viewLookbackMs,
            probabilistic_window_ms: own.probabilisticWindowMs,
            view_through_enabled: own.viewThroughEnabled,
            probabilistic_enabled: own.probabilisticEnabled,
          },
        ]),
    ),
  }
}

async function readReengagements(scope: TenantScope, deviceId: string): Promise<ReengagementBody[]> {
  const query = new TenantQuery(scope)
  const columns = [...Object.keys(reengagementRow.in.shape), 'outcome']
  const rows = query.table('reengagements', columns, [`device_id = ${query.bind('String', deviceId)}`])
  // The version is chosen before the outcome is looked at: a return that was decided again as organic is none any more.
  const current = `(select * from ${rows} order by conversion_id, version desc, decided_at desc limit 1 by conversion_id)`
  const sql = `select * except outcome from ${current} where outcome = 'attributed' order by conversion_time desc limit ${query.bind('UInt32', MOST_REENGAGEMENTS)}`
  return query.rows(sql, reengagementRow, ORIGIN)
}
