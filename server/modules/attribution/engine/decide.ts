import { judge } from './judge.ts'
import { notice } from './notice.ts'
import { contributorsOf, rank } from './order.ts'
import { earlierInstall, shortSilence } from './reinstall.ts'
import type { AttributionSettings, Candidate, Install, PreviousInstall, Touchpoint, Verdict } from './types.ts'

/** Changes whenever the same input may get another verdict. Stored with every decision. */
export const ENGINE_VERSION = '2.1.0'

/**
 * Decides which touchpoint earned an install. Pure: the same input always gives the same verdict, in whatever order the
 * touchpoints come.
 *
 * A touchpoint that the install names by referrer or click id may lie up to 24 h after it (the device's clock is behind
 * then, noted as `clock_behind`); one found by device id or network address may not lie after it at all.
 *
 * The order is the settings', by default the contract's: within its window (both ends inclusive) a click before a view; then
 * install referrer or click id before device id before probabilistic; then the most recent; then, when all that is equal, the
 * smaller touchpoint id. Without an eligible touchpoint the install is organic.
 *
 * Touchpoints that share only the network address and come from the same kind of device match probabilistically: each gets
 * the probability that it caused the install, which everything else behind the address lowers, and can win from
 * `PROBABILITY_NEEDED` on.
 *
 * An install of a device that had the app within the reinstall window is a reinstall. Where a retargeting touchpoint won it
 * and the device had been silent for the inactivity window, it is a re-attribution.
 *
 * @param install the install, times in Unix milliseconds
 * @param touchpoints everything that might match, of the same app; ids unique; what does not match is listed as refused. For
 *   probabilistic matches also everything behind the install's network address in the `CROWD_SPAN_MS` before it, also of
 *   other kinds of devices
 * @param settings the app's settings version to decide under
 * @param previousInstalls earlier installs of the app that may be the same device; they make this one a reinstall
 * @param neighbours installs of other devices of the same kind (`compatibleTraits`) behind the same network address
 *   (`networkOf`) in the `CROWD_SPAN_MS` before this one: each makes a probabilistic match less likely
 */
export function decide(
  install: Install,
  touchpoints: readonly Touchpoint[],
  settings: AttributionSettings,
  previousInstalls: readonly PreviousInstall[] = [],
  neighbours = 0,
): Verdict {
  const candidates = rank(judge(install, touchpoints, settings, neighbours), settings)
  const first = candidates[0]
  const winner = first?.eligible ? first : null
  const earlier = earlierInstall(install, previousInstalls, settings.reinstallWindowMs)
  const silence = shortSilence(install, settings.inactivityWindowMs)
  return {
    outcome: winner === null ? 'organic' : 'attributed',
    reason: reasonFor(winner, candidates),
    conversionType: conversionType(earlier, winner, silence),
    reinstallOf: earlier?.deviceId ?? null,
    matchType: winner?.matchType ?? null,
    winner,
    contributors: contributorsOf(candidates, winner),
    candidates,
    ruleHits: notice(install, candidates, winner, earlier, silence),
    engineVersion: ENGINE_VERSION,
    settingsVersion: settings.version,
  }
}

function conversionType(
  earlier: PreviousInstall | null,
  winner: Candidate | null,
  silence: number | null,
): Verdict['conversionType'] {
  if (earlier === null) return 'install'
  return winner?.touchpoint.isRetargeting && silence === null ? 'reattribution' : 'reinstall'
}

/** The outcome in one word, from what became of the candidates. */
export function reasonFor(winner: Candidate | null, candidates: readonly Candidate[]): Verdict['reason'] {
  if (winner !== null) return winner.touchpoint.touchpointType === 'click' ? 'click_won' : 'view_won'
  return candidates.some((one) => one.matchType !== null) ? 'every_match_refused' : 'nothing_matched'
}
