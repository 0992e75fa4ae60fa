import type { Outputs } from '#app/_lib/trpc/types.ts'

export type Decision = Outputs['attribution']['decision']
export type Candidate = Decision['candidates'][number]
export type RuleHit = Decision['ruleHits'][number]

const MATCH = {
  install_referrer: 'Install referrer',
  click_id: 'Click id',
  device_id: 'Device id',
  probabilistic: 'Probabilistic',
} as const

/** How install and touchpoint were tied together, for people. */
export function matchTypeWord(matchType: string | null): string {
  return matchType !== null && matchType in MATCH ? MATCH[matchType as keyof typeof MATCH] : '–'
}

const IDENTIFIER: Record<Candidate['matched_by'][number], string> = {
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

/** A length of time in its two largest units: `2 d 4 h`, `3 min 20 s`, `0.4 s`. Milliseconds in. */
export function durationWords(ms: number): string {
  const abs = Math.abs(ms)
  if (abs < 10_000) return `${Math.round(abs / 100) / 10} s`
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const
  const first = units.findIndex(([, size]) => abs >= size)
  const parts: string[] = []
  let rest = abs
  for (const [unit, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.join(' ')
}

/** A lookback window: whole days when it is some, else hours. Milliseconds in. */
export function windowWords(ms: number): string {
  const hours = Math.round(ms / 3_600_000)
  if (hours % 24 === 0 && hours >= 48) return `${hours / 24} days`
  return hours === 1 ? '1 hour' : `${hours} hours`
}

const article = (type: 'click' | 'view') => (type === 'click' ? 'A click' : 'A view')
const source = (one: { media_source: string; campaign: string | null }) =>
  one.campaign ? `${one.media_source}, campaign “${one.campaign}”` : one.media_source

const BOND: Record<Candidate['matched_by'][number], string> = {
  install_referrer: 'the store’s install referrer names it',
  click_id: 'the install carries its click id',
  advertising_id: 'both carry the same advertising id',
  idfv: 'both carry the same vendor id (IDFV)',
  customer_user_id: 'both carry the same customer user id',
  network_claim: 'the network claims this very install',
  ip_address: 'both came from the same network address, from the same kind of device',
}

function winnerSentence(winner: Candidate, candidates: readonly Candidate[], what: string): string {
  const [bond] = winner.matched_by
  const when =
    winner.time_to_install_ms === 0
      ? `at the moment of the ${what}`
      : winner.time_to_install_ms < 0
        ? `before the ${what} (the device’s clock is behind)`
        : `${durationWords(winner.time_to_install_ms)} before the ${what}`
  const others = candidates.filter((one) => one.eligible).length - 1
  const rest =
    others === 0
      ? 'No other touchpoint could count.'
      : `${others === 1 ? 'One more' : `${others} more`} could count; the table says why they lost.`
  return `${article(winner.touchpoint_type)} from ${source(winner)}, ${when}, earned it${bond ? `: ${BOND[bond]}` : ''}. ${rest}`
}

/** The outcome in one or two plain sentences: who earned the install, and why nobody else did. */
export function outcomeSentence(
  decision: Pick<Decision, 'reason' | 'winner' | 'candidates' | 'conversionType'>,
): string {
  const what = decision.conversionType === 'reinstall' ? 'reinstall' : 'install'
  const { winner, candidates } = decision
  if (winner) return winnerSentence(winner, candidates, what)
  if (decision.reason === 'decided_elsewhere')
    return `Attributed before it was imported; which click or view earned this ${what} was not part of the file.`
  if (decision.reason === 'nothing_matched') return `Organic: no click or view matches this ${what}.`
  const [first] = candidates
  return candidates.length === 1 && first
    ? `Organic: one touchpoint matches this ${what} but could not count. ${refusalWords(first)}`
    : `Organic: ${candidates.length} touchpoints match this ${what}, and none could count. The table says why.`
}

/** Why a touchpoint could not win, as a sentence. */
export function refusalWords(one: Candidate): string {
  const age = durationWords(one.time_to_install_ms)
  switch (one.refused_by) {
    case 'after_install':
      return `It came ${age} after the install.`
    case 'outside_click_window':
      return `The click was ${age} before the install; the window is ${windowWords(one.window_ms)}.`
    case 'outside_view_window':
      return `The view was ${age} before the install; the window is ${windowWords(one.window_ms)}.`
    case 'no_match':
      return 'It shares no identifier with the install.'
    default:
      return ''
  }
}

const LOST: Record<NonNullable<Candidate['rank_reason']>, string> = {
  view_after_click: 'A click wins before a view.',
  weaker_match: 'The winner’s match is stronger.',
  older: 'A more recent one won.',
  newer: 'An earlier one won.',
  tie_broken_by_id: 'Same kind, same time; the order of ids decided.',
}

/** What became of a candidate, as a sentence. */
export function fateWords(one: Candidate): string {
  if (!one.eligible) return refusalWords(one)
  return one.rank_reason === null ? 'Won.' : LOST[one.rank_reason]
}

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
      return `Click ${touchpoint_id} from ${value} points elsewhere than the identifier that decided.`
    case 'clock_behind':
      return `The install names touchpoint ${touchpoint_id}, yet is dated ${durationWords(Number(value))} before it: the device’s clock is behind.`
    case 'touch_after_install_begin':
      return `Touchpoint ${touchpoint_id} came ${durationWords(Number(value))} after the download had begun, which is a mark of click injection.`
    case 'decided_elsewhere':
      return `${value} decided this. The decision was imported and stands, whatever arrives later.`
    case 'reinstall':
      return `The same device had the app before, as ${value}.`
    default:
      return rule
  }
}

/** The settings' fields in words, for the version history. */
export function settingsFieldWords(field: string): string {
  const own = /^perMediaSource\.(.*)\.(clickLookbackMs|viewLookbackMs)$/.exec(field)
  const name = own?.[2] ?? field
  const words =
    name === 'clickLookbackMs' ? 'Click window' : name === 'viewLookbackMs' ? 'View window' : 'Reinstall window'
  return own?.[1] ? `${words} of ${own[1]}` : words
}
