import { installIdentifiers, isNamed, matchingIdentifiers, normalizeDeviceId, strongestMatch } from './identifiers.ts'
import { notice } from './notice.ts'
import { rulesFor } from './settings.ts'
import {
  type AttributionSettings,
  type Candidate,
  type Install,
  MATCH_TIER,
  type PreviousInstall,
  type RankReason,
  type RefusedBy,
  type Touchpoint,
  type Verdict,
} from './types.ts'

/** Changes whenever the same input may get another verdict. Stored with every decision. */
export const ENGINE_VERSION = '1.1.0'

/**
 * How far a device's clock may be behind ours. Click times come from our clock, install times from the device's; a
 * touchpoint that the install names by its id was there before it, whatever the two clocks say.
 */
const CLOCK_TOLERANCE_MS = 24 * 3_600_000

type Judged = Omit<Candidate, 'rank' | 'rankReason'>

/**
 * The rules that can refuse a touchpoint, in order; the first that speaks is the reason shown. Later rules (a touch
 * after the download began, a fraud verdict, consent) belong at the end of this list.
 */
const REFUSALS: readonly ((judged: Omit<Judged, 'eligible' | 'refusedBy'>) => RefusedBy | null)[] = [
  ({ matchType }) => (matchType === null ? 'no_match' : null),
  ({ matchType, timeToInstallMs }) =>
    timeToInstallMs < (isNamed(matchType) ? -CLOCK_TOLERANCE_MS : 0) ? 'after_install' : null,
  ({ touchpoint, timeToInstallMs, windowMs }) => {
    if (timeToInstallMs <= windowMs) return null
    return touchpoint.touchpointType === 'click' ? 'outside_click_window' : 'outside_view_window'
  },
]

/** The contract's order, one step after the other. Negative: `a` goes first. */
const ORDER: readonly { reason: RankReason; compare: (a: Judged, b: Judged) => number }[] = [
  { reason: 'view_after_click', compare: (a, b) => typeRank(a) - typeRank(b) },
  { reason: 'weaker_match', compare: (a, b) => tier(b) - tier(a) },
  { reason: 'older', compare: (a, b) => b.touchpoint.touchpointTime - a.touchpoint.touchpointTime },
  // Nothing in the contract parts these two; an id does, so that every run decides alike.
  { reason: 'tie_broken_by_id', compare: (a, b) => byText(a.touchpoint.touchpointId, b.touchpoint.touchpointId) },
]

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
const typeRank = (judged: Judged): number => (judged.touchpoint.touchpointType === 'click' ? 0 : 1)
const tier = (judged: Judged): number => (judged.matchType === null ? 0 : MATCH_TIER[judged.matchType])

/** The first step of the order on which the two differ, and which way. Sign 0: they have the same id. */
function difference(a: Judged, b: Judged): { reason: RankReason; sign: number } {
  let last: { reason: RankReason; sign: number } = { reason: 'tie_broken_by_id', sign: 0 }
  for (const { reason, compare } of ORDER) {
    last = { reason, sign: compare(a, b) }
    if (last.sign !== 0) break
  }
  return last
}

function judge(install: Install, touchpoints: readonly Touchpoint[], settings: AttributionSettings): Judged[] {
  const identifiers = installIdentifiers(install)
  return touchpoints.map((touchpoint) => {
    const matchedBy = matchingIdentifiers(identifiers, touchpoint)
    const facts = {
      touchpoint,
      matchedBy,
      matchType: strongestMatch(matchedBy),
      timeToInstallMs: install.installTime - touchpoint.touchpointTime,
      windowMs: rulesFor(settings, touchpoint.mediaSource)[
        touchpoint.touchpointType === 'click' ? 'clickLookbackMs' : 'viewLookbackMs'
      ],
      probability: matchedBy.length > 0 ? 1 : 0,
      webToApp: touchpoint.platform === 'web' && install.platform !== 'web',
    }
    let refusedBy: RefusedBy | null = null
    for (const refuse of REFUSALS) {
      refusedBy = refuse(facts)
      if (refusedBy !== null) break
    }
    return { ...facts, eligible: refusedBy === null, refusedBy }
  })
}

function rank(judged: Judged[]): Candidate[] {
  const sorted = judged.toSorted((a, b) => Number(b.eligible) - Number(a.eligible) || difference(a, b).sign)
  const best = sorted[0]
  return sorted.map((one, index) => ({
    ...one,
    rank: index + 1,
    rankReason: best && best !== one && one.eligible ? difference(best, one).reason : null,
  }))
}

/** The most recent earlier install of the same device within the window, or `null`. Ties go to the smaller device id. */
function earlierInstall(
  install: Install,
  previous: readonly PreviousInstall[],
  reinstallWindowMs: number,
): PreviousInstall | null {
  const advertisingId = normalizeDeviceId(install.advertisingId)
  const idfv = normalizeDeviceId(install.idfv)
  let latest: PreviousInstall | null = null
  for (const one of previous) {
    if (one.deviceId === install.deviceId) continue
    const age = install.installTime - one.installTime
    if (age < 0 || age > reinstallWindowMs) continue
    const sameDevice =
      (advertisingId !== null && advertisingId === normalizeDeviceId(one.advertisingId)) ||
      (idfv !== null && idfv === normalizeDeviceId(one.idfv))
    if (!sameDevice) continue
    // Two installs at the very same time: the greater device id counts as the later one, or each would follow the other.
    if (age === 0 && one.deviceId > install.deviceId) continue
    if (latest === null || isLater(one, latest)) latest = one
  }
  return latest
}

function isLater(a: PreviousInstall, b: PreviousInstall): boolean {
  return a.installTime === b.installTime ? a.deviceId > b.deviceId : a.installTime > b.installTime
}

/**
 * Decides which touchpoint earned an install. Pure: the same input always gives the same verdict, in whatever order the
 * touchpoints come.
 *
 * A touchpoint that the install names by referrer or click id may lie up to 24 h after it (the device's clock is behind
 * then, noted as `clock_behind`); one found by device id may not lie after it at all.
 *
 * The order is the contract's: within its window (both ends inclusive) a click before a view; then install referrer or
 * click id before device id; then the most recent; then, when all that is equal, the smaller touchpoint id. Without an
 * eligible touchpoint the install is organic.
 *
 * @param install the install, times in Unix milliseconds
 * @param touchpoints everything that might match, of the same app; ids unique; what does not match is listed as refused
 * @param settings the app's settings version to decide under
 * @param previousInstalls earlier installs of the app that may be the same device; they make this one a reinstall, which
 *   is attributed like any other
 */
export function decide(
  install: Install,
  touchpoints: readonly Touchpoint[],
  settings: AttributionSettings,
  previousInstalls: readonly PreviousInstall[] = [],
): Verdict {
  const candidates = rank(judge(install, touchpoints, settings))
  const first = candidates[0]
  const winner = first?.eligible ? first : null
  const earlier = earlierInstall(install, previousInstalls, settings.reinstallWindowMs)
  return {
    outcome: winner === null ? 'organic' : 'attributed',
    reason: reasonFor(winner, candidates),
    conversionType: earlier === null ? 'install' : 'reinstall',
    reinstallOf: earlier?.deviceId ?? null,
    matchType: winner?.matchType ?? null,
    winner,
    contributors: [],
    candidates,
    ruleHits: notice(install, candidates, winner, earlier),
    engineVersion: ENGINE_VERSION,
    settingsVersion: settings.version,
  }
}

function reasonFor(winner: Candidate | null, candidates: readonly Candidate[]): Verdict['reason'] {
  if (winner !== null) return winner.touchpoint.touchpointType === 'click' ? 'click_won' : 'view_won'
  return candidates.some((one) => one.matchType !== null) ? 'every_match_refused' : 'nothing_matched'
}
