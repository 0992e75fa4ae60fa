import { normalizeDeviceId, normalizePersonId } from './identifiers.ts'
import type { Install, Touchpoint } from './types.ts'

const HOUR = 3_600_000

/**
 * How far back touches and installs behind the same address count as the crowd that an install is told apart from: the
 * longest probabilistic window. Fixed, so that another window in the settings changes which touches may win, and never how
 * likely one of them is.
 */
export const CROWD_SPAN_MS = 24 * HOUR

/**
 * What a probabilistic match must reach. Chosen on the simulator (`npm run bench -- attribution-truth`) at the default window:
 * with 10 devices behind every address 0.7 is right in 0.97 of its matches, 0.8 in 0.98, 0.9 in 0.99; with 100 in 0.92, 0.94
 * and 0.98, but 0.9 finds a quarter less there. So 0.8 keeps 0.95 with room on the level that must hold it, and organic
 * installs below 0.5 % misattributed on every level. A click that nobody competes with is believed up to about 2 h before
 * the install. Above one half, so that at most one explanation of an install reaches it.
 */
export const PROBABILITY_NEEDED = 0.8

/**
 * Time from touch to install as the field publishes it: 75 % within 1 h, 94 % within 24 h of the click. A Lomax
 * distribution with these two figures as its quantiles.
 */
const SCALE_HOURS = 0.05
const SHAPE = 0.455

/** Touches of strangers with the same kind of device that are expected behind any address, per hour, before any is seen. */
const CHANCE_PER_HOUR = 0.005
/** Odds, before looking at any touch, that an install behind an address came by itself rather than by a touch from there. */
const ODDS_AGAINST = 2
/** The same where ids tie the install to a touch of the last day: its other touches would carry ids as well. */
const ODDS_AGAINST_IDENTIFIED = 20
/**
 * Share of a crowd's touches that count as if their devices could not be told from the install's. About 0.15 cannot; more
 * counts, because one day shows a quiet hour of a crowded address as often as a busy one.
 */
const ALIKE = 0.4
/** Views lead to installs less often than clicks do. */
const VIEW_WEIGHT = 0.2

const PLACES = 10_000

/** How likely an install is at this age of the touch that causes it, per hour. */
function density(ageMs: number): number {
  return (SHAPE / SCALE_HOURS) * (1 + ageMs / HOUR / SCALE_HOURS) ** -(SHAPE + 1)
}

/** How much a touch counts, beside a click. */
export const touchWeight = ({ touchpointType }: Pick<Touchpoint, 'touchpointType'>): number =>
  touchpointType === 'click' ? 1 : VIEW_WEIGHT

/**
 * Touches that stand or fall together: those of one device, or else of one campaign. Somebody who clicks twice must not
 * make either click unlikely. Ids of all zeros are nobody's.
 */
function explanation(touchpoint: Touchpoint): string {
  const { advertisingId, idfv, customerUserId, mediaSource, campaign } = touchpoint
  const device = normalizeDeviceId(advertisingId) ?? normalizeDeviceId(idfv) ?? normalizePersonId(customerUserId)
  return device !== null ? `device\n${device}` : `campaign\n${mediaSource}\n${campaign ?? ''}`
}

/** What else is behind an install's network address. */
export interface Crowd {
  /** Weight of the touches behind it of devices that cannot be the install's, in the `CROWD_SPAN_MS` before it. */
  strangers: number
  /** Installs of other devices of the same kind behind it in the same time; each may own any of the touches. */
  neighbours: number
  /** Ids tie the install to a touch in the same time. */
  identified: boolean
}

/**
 * How likely each of several touches from an install's own network address caused it. Bayes: the touch that caused it lies
 * at an age that fits the time people take to install, all others came by chance, at the rate that was seen behind this
 * address. So a probability falls with the touch's age and with everything else behind the address, and those of one
 * install's explanations never sum to more than 1.
 * @param touchpoints of devices that can be the install's; those after it or over `CROWD_SPAN_MS` before it get 0
 * @returns a probability for each, in their order, rounded to four places: what is compared is what is shown
 */
export function probabilities(install: Install, touchpoints: readonly Touchpoint[], crowd: Crowd): number[] {
  const likelihood = new Map<string, number>()
  let rivals = 0
  let all = 0
  // Added up in a fixed order: the last digit of a sum depends on it.
  for (const touchpoint of touchpoints.toSorted(byTimeAndId)) {
    const age = install.installTime - touchpoint.touchpointTime
    if (!inSpan(age)) continue
    const key = explanation(touchpoint)
    const share = touchWeight(touchpoint) * density(age)
    likelihood.set(key, (likelihood.get(key) ?? 0) + share)
    all += share
    rivals += touchWeight(touchpoint)
  }
  const others = Math.max(0, rivals - 1) + ALIKE * crowd.strangers + crowd.neighbours
  const chance = CHANCE_PER_HOUR + others / (CROWD_SPAN_MS / HOUR)
  const evidence = (crowd.identified ? ODDS_AGAINST_IDENTIFIED : ODDS_AGAINST) * chance + all
  return touchpoints.map((touchpoint) => {
    if (!inSpan(install.installTime - touchpoint.touchpointTime)) return 0
    return Math.round(((likelihood.get(explanation(touchpoint)) ?? 0) / evidence) * PLACES) / PLACES
  })
}

/** Whether a touch of this age before the install belongs to the crowd. */
export const inSpan = (age: number): boolean => age >= 0 && age <= CROWD_SPAN_MS

function byTimeAndId(a: Touchpoint, b: Touchpoint): number {
  return a.touchpointTime - b.touchpointTime || (a.touchpointId < b.touchpointId ? -1 : 1)
}
