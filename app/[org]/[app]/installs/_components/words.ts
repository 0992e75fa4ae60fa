import { durationWords } from '#app/_lib/attribution/durations.ts'
import { formatPercent } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'

/** A device's current decision with everything that explains it. */
export type Trace = Outputs['attribution']['decision']
/** One decision, current or superseded. */
export type Decision = Omit<Trace, 'history' | 'reengagements'>
export type Candidate = Decision['candidates'][number]
export type RuleHit = Decision['ruleHits'][number]
export type Reengagement = Trace['reengagements'][number]
export type MatchType = NonNullable<Candidate['match_type']>

const MATCH: Readonly<Record<MatchType, string>> = {
  install_referrer: 'Install referrer',
  click_id: 'Click id',
  device_id: 'Device id',
  probabilistic: 'Probabilistic',
}

/** How strong a match is; the stronger one wins on that step. The engine's `MATCH_TIER`. */
export const MATCH_STRENGTH: Readonly<Record<MatchType, number>> = {
  install_referrer: 3,
  click_id: 3,
  device_id: 2,
  probabilistic: 1,
}

/** How install and touchpoint were tied together, for people. */
export function matchTypeWord(matchType: string | null): string {
  return matchType !== null && matchType in MATCH ? MATCH[matchType as MatchType] : '–'
}

const CONVERSION: Readonly<Record<Decision['conversionType'], string>> = {
  install: 'Install',
  reinstall: 'Reinstall',
  reattribution: 'Re-attribution',
}

/** Whether it was an install, a reinstall, or one that a retargeting ad won, for people. */
export function conversionWord(conversionType: Decision['conversionType']): string {
  return CONVERSION[conversionType]
}

const IDENTIFIER: Readonly<Record<Candidate['matched_by'][number], string>> = {
  install_referrer: 'install referrer',
  click_id: 'click id',
  advertising_id: 'advertising id',
  idfv: 'vendor id (IDFV)',
  customer_user_id: 'customer user id',
  network_claim: 'the network’s claim',
  ip_address: 'network address and kind of device',
}

/** The identifiers two sides agree on, as a list in words. */
export function identifierWords(identifiers: Candidate['matched_by']): string {
  return identifiers.map((one) => IDENTIFIER[one]).join(', ') || 'nothing'
}

const BOND: Readonly<Record<Candidate['matched_by'][number], string>> = {
  install_referrer: 'the store’s install referrer names it',
  click_id: 'the install carries its click id',
  advertising_id: 'both carry the same advertising id',
  idfv: 'both carry the same vendor id (IDFV)',
  customer_user_id: 'both carry the same customer user id',
  network_claim: 'the network claims this very install',
  ip_address: 'both came from the same network address, from the same kind of device',
}

/** What ties a touchpoint to the install, as half a sentence; with the likelihood where it is one. */
export function bondWords({ matched_by: [strongest], match_type, probability }: Candidate): string {
  if (!strongest) return ''
  if (match_type !== 'probabilistic') return BOND[strongest]
  return `${BOND[strongest]}, and it is ${formatPercent(probability)} likely to be the cause`
}

/** Media source and campaign, as they stand inside a sentence. */
export const sourceWords = (one: Pick<Candidate, 'media_source' | 'campaign'>): string =>
  one.campaign ? `${one.media_source}, campaign “${one.campaign}”` : one.media_source

/** What the engine noticed, as a sentence. */
export function ruleWords({ rule, touchpoint_id, value }: RuleHit): string {
  switch (rule) {
    case 'unknown_click_id':
      return `The install carries click id ${value}, but no click with that id was recorded.`
    case 'unknown_referrer_click_id':
      return `The install referrer names click ${value}, but no click with that id was recorded.`
    case 'no_identifiers':
      return 'The install carries nothing to match by: no click id, referrer, advertising id, vendor id or customer user id.'
    case 'identifiers_disagree':
      return `Click ${touchpoint_id} from ${value} points elsewhere than the identifier that decided. What names the click itself goes before a device id.`
    case 'named_touch_of_other_device':
      return `The install names touchpoint ${touchpoint_id}, which carries the device id ${value} of another device. The install’s own word decided.`
    case 'clock_behind':
      return `The install names touchpoint ${touchpoint_id}, yet is dated ${durationWords(Number(value))} before it: the device’s clock is behind.`
    case 'touch_after_install_begin':
      return `Touchpoint ${touchpoint_id} came ${durationWords(Number(value))} after the download had begun, which is a mark of click injection.`
    case 'decided_elsewhere':
      return `${value} decided this. The decision was imported and stands, whatever arrives later.`
    case 'reinstall':
      return `The same device had the app before, as ${value}.`
    case 'retargeting_brought_back':
      return `A retargeting touchpoint of ${value} won the reinstall, which makes it a re-attribution.`
    case 'active_before_reinstall':
      return `Touchpoint ${touchpoint_id} of a retargeting campaign won, but the device was active ${durationWords(Number(value))} before it was reinstalled, within the inactivity window. So this is a reinstall and no re-attribution.`
    default:
      return rule
  }
}
