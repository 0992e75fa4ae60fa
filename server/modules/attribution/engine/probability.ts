import type { Install, Touchpoint } from './types.ts'

const HOUR = 3_600_000

/**
 * How far back touches and installs behind the same address count as the crowd that an install is told apart from: the
 * longest probabilistic window. Fixed, so that another window in the settings changes which touches may win, and never how
 * likely one of them is.
 */
export const CROWD_SPAN_MS = 24 * HOUR

/**
 * What a probabilistic match must reach. Chosen on the simulator (bench attribution-truth): at 0.8 no level of shared
 * addresses falls below a precision of 0.95 at the default window, and organic installs stay far below 0.5 % misattributed;
 * lower thresholds find little more and lose precision first where 100 devices share an address. Above one half, so that at
 * most one device's touches can reach it.
 */
export const PROBABILITY_NEEDED = 0.8

/**
 * Time from touch to install as the field publishes it: 75 % within 1 h, 94 % within 24 h of the click. A Lomax
 * distribution with these two figures as its quantiles.
 */
const SCALE_HOURS = 0.05
const SHAPE = 0.455

/** Touches of strangers with the same kind of device that are expected behind any address, per hour, before any is seen. */
const CHANCE_PER_HOUR = 0.002
/** Odds, before looking at any touch, that an install behind an address came by itself rather than by a touch from there. */
const ODDS_AGAINST = 2
/** Share of an address's other devices that cannot be told from the install's by platform, version and model. */
const ALIKE = 0.1
/** Views lead to installs far less often than clicks do, and there are many more of them. */
const VIEW_WEIGHT = 0.05

const PLACES = 10_000

/** How likely an install is at this age of the touch that causes it, per hour. */
function density(ageMs: number): number {
  return (SHAPE / SCALE_HOURS) * (1 + ageMs / HOUR / SCALE_HOURS) ** -(SHAPE + 1)
}

const weight = ({ touchpointType }: Touchpoint): number => (touchpointType === 'click' ? 1 : VIEW_WEIGHT)

/**
 * Touches that stand or fall together: those of one device, or else of one campaign. Somebody who clicks twice must not
 * make either click unlikely.
 */
function explanation(touchpoint: Touchpoint): string {
  const { advertisingId, idfv, customerUserId, mediaSource, campaign } = touchpoint
  const device = advertisingId || idfv || customerUserId
  return device ? `device\n${device.toLowerCase()}` : `campaign\n${mediaSource}\n${campaign ?? ''}`
}

/** What else is behind an install's network address. */
export interface Crowd {
  /** Touches behind it of devices that cannot be the install's; counted in the last `CROWD_SPAN_MS` before it. */
  strangers: number
  /** Installs of other devices of the same kind behind it in the same time; each may own any of the touches. */
  neighbours: number
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
    const share = weight(touchpoint) * density(age)
    likelihood.set(key, (likelihood.get(key) ?? 0) + share)
    all += share
    rivals += weight(touchpoint)
  }
  const others = Math.max(0, rivals - 1) + ALIKE * crowd.strangers + crowd.neighbours
  const chance = CHANCE_PER_HOUR + others / (CROWD_SPAN_MS / HOUR)
  const evidence = ODDS_AGAINST * chance + all
  return touchpoints.map((touchpoint) => {
    if (!inSpan(install.installTime - touchpoint.touchpointTime)) return 0
    return Math.round(((likelihood.get(explanation(touchpoint)) ?? 0) / evidence) * PLACES) / PLACES
  })
}

const inSpan = (age: number): boolean => age >= 0 && age <= CROWD_SPAN_MS

function byTimeAndId(a: Touchpoint, b: Touchpoint): number {
  return a.touchpointTime - b.touchpointTime || (a.touchpointId < b.touchpointId ? -1 : 1)
}
