import { ENGINE_VERSION } from './decide.ts'
import { installIdentifiers, isNamed, matchingIdentifiers, strongestMatch } from './identifiers.ts'
import { CLOCK_TOLERANCE_MS } from './judge.ts'
import { type Judged, rank } from './order.ts'
import type {
  AttributionSettings,
  Candidate,
  ReengagementReason,
  ReengagementVerdict,
  RefusedBy,
  Return,
  RuleHit,
  Touchpoint,
} from './types.ts'

/**
 * Decides which click brought a known device back. Pure, like `decide`.
 *
 * A device is back when it was silent for the settings' inactivity window. A click earns its return when it matches by click
 * id or device id (never by network address), lies within the re-engagement window and after the device's last activity, and
 * comes from a retargeting link or campaign; where the app itself reports a `reengagement`, any click counts. Among several
 * the settings' order decides. Without such a click the device came by itself: `organic`, which is no re-engagement.
 *
 * @param back the event with which the device came back, times in Unix milliseconds
 * @param lastActivity when the device was last active before it; null when nothing is known of it before
 * @param touchpoints everything that might match, of the same app; ids unique
 */
export function decideReengagement(
  back: Return,
  lastActivity: number | null,
  touchpoints: readonly Touchpoint[],
  settings: AttributionSettings,
): ReengagementVerdict {
  const inactiveForMs = lastActivity === null ? null : back.time - lastActivity
  const verdict = (reason: ReengagementReason, candidates: Candidate[] = [], winner: Candidate | null = null) => ({
    outcome: winner === null ? ('organic' as const) : ('attributed' as const),
    reason,
    conversionType: 'reengagement' as const,
    inactiveForMs,
    matchType: winner?.matchType ?? null,
    winner,
    candidates,
    ruleHits: hits(winner),
    engineVersion: ENGINE_VERSION,
    settingsVersion: settings.version,
  })
  if (settings.inactivityWindowMs === 0) return verdict('reengagements_off')
  // A device of which nothing is known has nothing to come back to: its install is decided, not its return.
  if (inactiveForMs === null || inactiveForMs < settings.inactivityWindowMs) return verdict('still_active')

  const candidates = rank(judge(back, back.time - inactiveForMs, touchpoints, settings), settings)
  const first = candidates[0]
  if (first?.eligible) return verdict('click_won', candidates, first)
  const matched = candidates.some(({ matchType }) => matchType !== null)
  return verdict(matched ? 'every_match_refused' : 'nothing_matched', candidates)
}

function judge(
  back: Return,
  lastActivity: number,
  touchpoints: readonly Touchpoint[],
  { reengagementLookbackMs: windowMs }: AttributionSettings,
): Judged[] {
  const identifiers = installIdentifiers(back)
  return touchpoints.map((touchpoint) => {
    const matchedBy = matchingIdentifiers(identifiers, touchpoint)
    const matchType = strongestMatch(matchedBy)
    const timeToInstallMs = back.time - touchpoint.touchpointTime
    const refusedBy = refusal()
    return {
      touchpoint,
      matchedBy,
      matchType,
      eligible: refusedBy === null,
      refusedBy,
      timeToInstallMs,
      windowMs,
      probability: matchType === null ? 0 : 1,
      webToApp: touchpoint.platform === 'web' && back.platform !== 'web',
    }

    function refusal(): RefusedBy | null {
      if (matchType === null) return 'no_match'
      if (touchpoint.touchpointType !== 'click') return 'not_a_click'
      if (!back.reported && !touchpoint.isRetargeting) return 'not_retargeting'
      if (timeToInstallMs < (isNamed(matchType) ? -CLOCK_TOLERANCE_MS : 0)) return 'after_install'
      if (touchpoint.touchpointTime < lastActivity) return 'before_last_activity'
      return timeToInstallMs > windowMs ? 'outside_reengagement_window' : null
    }
  })
}

function hits(winner: Candidate | null): RuleHit[] {
  if (winner === null || winner.timeToInstallMs >= 0) return []
  const { touchpointId } = winner.touchpoint
  return [{ rule: 'clock_behind', touchpointId, value: String(-winner.timeToInstallMs) }]
}
