import { installIdentifiers, isNamed, matchingIdentifiers, strongestMatch } from './identifiers.ts'
import type { Judged } from './order.ts'
import { inSpan, PROBABILITY_NEEDED, probabilities, touchWeight } from './probability.ts'
import { rulesFor } from './settings.ts'
import { compatibleTraits, networkOf, ofOtherDevice } from './traits.ts'
import type { AttributionSettings, Install, MediaSourceRules, RefusedBy, Touchpoint } from './types.ts'

/**
 * How far a device's clock may be behind ours. Click times come from our clock, install times from the device's; a
 * touchpoint that the install names by its id was there before it, whatever the two clocks say.
 */
export const CLOCK_TOLERANCE_MS = 24 * 3_600_000

/** A touchpoint with what is known of it before any rule speaks. */
interface Facts extends Omit<Judged, 'eligible' | 'refusedBy'> {
  /** It came from the install's own network address, of a device of another kind. */
  stranger: boolean
  rules: Required<MediaSourceRules>
}

interface Case {
  install: Install
  facts: Facts
}

/**
 * The rules that can refuse a touchpoint, in order; the first that speaks is the reason shown. None of them looks at other
 * touchpoints. A fraud verdict belongs at the end of this list.
 */
const REFUSALS: readonly ((one: Case) => RefusedBy | null)[] = [
  ({ facts }) => (facts.stranger ? 'traits_differ' : null),
  ({ facts }) => (facts.matchType === null ? 'no_match' : null),
  ({ install, facts }) => {
    if (facts.matchType !== 'probabilistic') return null
    if (install.probabilisticAllowed === false) return 'no_consent'
    return facts.rules.probabilisticEnabled ? null : 'probabilistic_off'
  },
  ({ facts: { touchpoint, rules } }) =>
    touchpoint.touchpointType === 'view' && !rules.viewThroughEnabled ? 'view_through_off' : null,
  ({ facts: { matchType, timeToInstallMs } }) =>
    timeToInstallMs < (isNamed(matchType) ? -CLOCK_TOLERANCE_MS : 0) ? 'after_install' : null,
  ({ facts: { touchpoint, timeToInstallMs, rules } }) => {
    if (timeToInstallMs <= typeWindow(touchpoint, rules)) return null
    return touchpoint.touchpointType === 'click' ? 'outside_click_window' : 'outside_view_window'
  },
  ({ facts: { matchType, timeToInstallMs, windowMs } }) =>
    matchType === 'probabilistic' && timeToInstallMs > windowMs ? 'outside_probabilistic_window' : null,
  ({ facts: { matchType, probability } }) =>
    matchType === 'probabilistic' && probability < PROBABILITY_NEEDED ? 'probability_too_low' : null,
]

function typeWindow({ touchpointType }: Touchpoint, rules: Required<MediaSourceRules>): number {
  return touchpointType === 'click' ? rules.clickLookbackMs : rules.viewLookbackMs
}

/**
 * Says of each touchpoint how it belongs to the install, how likely it caused it, and which rule refuses it, if any.
 * @param neighbours see `decide`
 */
export function judge(
  install: Install,
  touchpoints: readonly Touchpoint[],
  settings: AttributionSettings,
  neighbours: number,
): Judged[] {
  const facts = gather(install, touchpoints, settings)
  weigh(install, facts, neighbours)
  return facts.map((one) => {
    let refusedBy: RefusedBy | null = null
    for (const refuse of REFUSALS) {
      refusedBy = refuse({ install, facts: one })
      if (refusedBy !== null) break
    }
    const { stranger: _, rules: __, ...judged } = one
    return { ...judged, eligible: refusedBy === null, refusedBy }
  })
}

function gather(install: Install, touchpoints: readonly Touchpoint[], settings: AttributionSettings): Facts[] {
  const identifiers = installIdentifiers(install)
  const network = networkOf(install.ip)
  return touchpoints.map((touchpoint) => {
    const matchedBy = matchingIdentifiers(identifiers, touchpoint)
    const rules = rulesFor(settings, touchpoint.mediaSource)
    const behind = matchedBy.length === 0 && network !== null && networkOf(touchpoint.ip) === network
    const alike = behind && compatibleTraits(touchpoint, install) && !ofOtherDevice(install, touchpoint)
    if (alike) matchedBy.push('ip_address')
    const window = typeWindow(touchpoint, rules)
    return {
      touchpoint,
      matchedBy,
      matchType: strongestMatch(matchedBy),
      timeToInstallMs: install.installTime - touchpoint.touchpointTime,
      windowMs: alike ? Math.min(window, rules.probabilisticWindowMs) : window,
      probability: matchedBy.length > 0 && !alike ? 1 : 0,
      webToApp: touchpoint.platform === 'web' && install.platform !== 'web',
      stranger: behind && !alike,
      rules,
    }
  })
}

/** Fills in how likely the probabilistic matches are. Where consent forbids such matches, nothing is weighed either. */
function weigh(install: Install, facts: readonly Facts[], neighbours: number): void {
  const alike = facts.filter(({ matchType }) => matchType === 'probabilistic')
  if (alike.length === 0 || install.probabilisticAllowed === false) return
  const recent = facts.filter(({ timeToInstallMs }) => inSpan(timeToInstallMs))
  const strangers = recent.reduce((sum, { stranger, touchpoint }) => sum + (stranger ? touchWeight(touchpoint) : 0), 0)
  const identified = recent.some(({ matchType }) => matchType !== null && matchType !== 'probabilistic')
  const touchpoints = alike.map(({ touchpoint }) => touchpoint)
  const likely = probabilities(install, touchpoints, { strangers, neighbours, identified })
  for (const [index, one] of alike.entries()) one.probability = likely[index] ?? 0
}
