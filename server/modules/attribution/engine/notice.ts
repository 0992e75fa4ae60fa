import { installIdentifiers, isNamed, normalizeDeviceId } from './identifiers.ts'
import type { Candidate, Install, PreviousInstall, RuleHit } from './types.ts'

/**
 * Whether the install's identifiers point at different clicks: it names another click too, or a later click of the
 * same device lost only because the winner was named.
 */
function contradicts(candidate: Candidate, winner: Candidate): boolean {
  if (candidate === winner || !candidate.eligible || candidate.touchpoint.touchpointType !== 'click') return false
  if (!isNamed(winner.matchType) || candidate.matchType === 'probabilistic') return false
  return isNamed(candidate.matchType) || candidate.touchpoint.touchpointTime > winner.touchpoint.touchpointTime
}

/** Device ids that the touch carries and that are not the install's; empty where it carries none or the same. */
function foreignIds(install: Install, { touchpoint }: Candidate): string[] {
  const pairs = [
    [normalizeDeviceId(install.advertisingId), normalizeDeviceId(touchpoint.advertisingId)],
    [normalizeDeviceId(install.idfv), normalizeDeviceId(touchpoint.idfv)],
  ] as const
  return pairs.flatMap(([own, other]) => (own !== null && other !== null && own !== other ? [other] : []))
}

/**
 * What a marketer or an engineer will ask about a decision, as rule hits in a fixed order: click ids that no stored
 * touchpoint has, an install without identifiers, a referrer or click id that contradicts the device ids (a later click of
 * the same device, or a named touch that carries another device's id), a device clock that is behind ours, a touch after
 * the download began (the mark of click injection; only noted here), a reinstall, and whether retargeting brought it about or
 * the device had not been away.
 * @param candidates in rank order
 * @param earlier the install that makes this one a reinstall
 * @param silence see `shortSilence`
 */
export function notice(
  install: Install,
  candidates: readonly Candidate[],
  winner: Candidate | null,
  earlier: PreviousInstall | null,
  silence: number | null,
): RuleHit[] {
  const hits: RuleHit[] = []
  const { clickId, referrerClickId, deviceId: _, ...device } = installIdentifiers(install)
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
    if (candidate.eligible && isNamed(candidate.matchType)) {
      for (const value of foreignIds(install, candidate)) {
        hits.push({ rule: 'named_touch_of_other_device', touchpointId, value })
      }
    }
    if (candidate.eligible && candidate.timeToInstallMs < 0) {
      hits.push({ rule: 'clock_behind', touchpointId, value: String(-candidate.timeToInstallMs) })
    }
    if (begin !== null && candidate.eligible && touchpointTime > begin) {
      hits.push({ rule: 'touch_after_install_begin', touchpointId, value: String(touchpointTime - begin) })
    }
  }
  if (earlier !== null) {
    hits.push({ rule: 'reinstall', touchpointId: null, value: earlier.deviceId })
    if (winner?.touchpoint.isRetargeting) {
      const { touchpointId, mediaSource } = winner.touchpoint
      hits.push(
        silence === null
          ? { rule: 'retargeting_brought_back', touchpointId, value: mediaSource }
          : { rule: 'active_before_reinstall', touchpointId, value: String(silence) },
      )
    }
  }
  return hits
}
