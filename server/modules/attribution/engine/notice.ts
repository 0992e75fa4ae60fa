import { installIdentifiers, isNamed } from './identifiers.ts'
import type { Candidate, Install, PreviousInstall, RuleHit } from './types.ts'

/**
 * Whether the install's identifiers point at different clicks: it names another click too, or a later click of the
 * same device lost only because the winner was named.
 */
function contradicts(candidate: Candidate, winner: Candidate): boolean {
  if (candidate === winner || !candidate.eligible || candidate.touchpoint.touchpointType !== 'click') return false
  if (!isNamed(winner.matchType)) return false
  return isNamed(candidate.matchType) || candidate.touchpoint.touchpointTime > winner.touchpoint.touchpointTime
}

/**
 * What a marketer or an engineer will ask about a decision, as rule hits in a fixed order: click ids that no stored
 * touchpoint has, an install without identifiers, a referrer or click id that contradicts the device ids, a
 * device clock that is behind ours, a touch after the download began (the mark of click injection; only noted here), a reinstall.
 * @param candidates in rank order
 */
export function notice(
  install: Install,
  candidates: readonly Candidate[],
  winner: Candidate | null,
  earlier: PreviousInstall | null,
): RuleHit[] {
  const hits: RuleHit[] = []
  const { clickId, referrerClickId, ...device } = installIdentifiers(install)
  const known = (id: string) => candidates.some(({ touchpoint }) => touchpoint.touchpointId === id)

  if (clickId !== null && !known(clickId)) {
    hits.push({ rule: 'unknown_click_id', touchpointId: null, value: clickId })
  }
  if (referrerClickId !== null && !known(referrerClickId)) {
    hits.push({ rule: 'unknown_referrer_click_id', touchpointId: null, value: referrerClickId })
  }
  if (clickId === null && referrerClickId === null && Object.values(device).every((id) => id === null)) {
    hits.push({ rule: 'no_identifiers', touchpointId: null, value: null })
  }

  const begin = install.installBeginTime ?? null
  for (const candidate of candidates) {
    const { touchpointId, touchpointTime } = candidate.touchpoint
    if (winner !== null && contradicts(candidate, winner)) {
      hits.push({ rule: 'identifiers_disagree', touchpointId, value: candidate.touchpoint.mediaSource })
    }
    if (candidate.eligible && candidate.timeToInstallMs < 0) {
      hits.push({ rule: 'clock_behind', touchpointId, value: String(-candidate.timeToInstallMs) })
    }
    if (begin !== null && candidate.eligible && touchpointTime > begin) {
      hits.push({ rule: 'touch_after_install_begin', touchpointId, value: String(touchpointTime - begin) })
    }
  }
  if (earlier !== null) hits.push({ rule: 'reinstall', touchpointId: null, value: earlier.deviceId })
  return hits
}
