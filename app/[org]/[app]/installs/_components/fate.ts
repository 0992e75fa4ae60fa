import { durationWords, windowWords } from '#app/_lib/attribution/durations.ts'
import { formatPercent } from '#app/_lib/format.ts'
import { type Candidate, matchTypeWord } from './words.ts'

type Refusal = NonNullable<Candidate['refused_by']>

/**
 * Why a touchpoint could not win, as a sentence.
 * @param what the conversion it could have won
 */
export function refusalWords(one: Candidate, what: 'install' | 'return' = 'install'): string {
  if (one.refused_by === null) return ''
  const age = durationWords(one.time_to_install_ms)
  const window = windowWords(one.window_ms)
  const type = one.touchpoint_type
  // Refused by the window of its type, while the one that is kept is the shorter probabilistic one.
  const typeWindow =
    one.match_type === 'probabilistic'
      ? `The ${type} was ${age} before the ${what}, outside the ${type} window.`
      : `The ${type} was ${age} before the ${what}; the window is ${window}.`
  const sentences: Readonly<Record<Refusal, string>> = {
    no_match: `It shares no identifier with the ${what}.`,
    traits_differ: `It shares only the network address with the ${what}, and came from another kind of device.`,
    after_install: `It came ${age} after the ${what}.`,
    outside_click_window: typeWindow,
    outside_view_window: typeWindow,
    view_through_off: `The settings let no view of ${one.media_source} count.`,
    probabilistic_off: `It matches by network address and kind of device alone, which the settings forbid.`,
    no_consent: `It matches by network address and kind of device alone, which the device’s consent forbids.`,
    outside_probabilistic_window: `The ${type} was ${age} before the ${what}; without an identifier the window is ${window}.`,
    probability_too_low: `It is only ${formatPercent(one.probability)} likely to be the cause: too much else happened behind the same network address, or too long ago.`,
    not_a_click: 'Only a click brings a device back.',
    not_retargeting: 'Its link is none of a retargeting campaign.',
    before_last_activity: 'The device was active after it.',
    outside_reengagement_window: `The ${type} was ${age} before the ${what}; the window is ${window}.`,
  }
  return sentences[one.refused_by]
}

const SHORT: Readonly<Record<Refusal, string>> = {
  no_match: 'share no identifier with it',
  traits_differ: 'came from other kinds of devices behind its network address',
  after_install: 'came after it',
  outside_click_window: 'lie outside the click window',
  outside_view_window: 'lie outside the view window',
  view_through_off: 'are views that the settings do not let count',
  probabilistic_off: 'match by likelihood alone, which the settings forbid',
  no_consent: 'match by likelihood alone, which consent forbids',
  outside_probabilistic_window: 'lie outside the probabilistic window',
  probability_too_low: 'are not likely enough',
  not_a_click: 'are no clicks',
  not_retargeting: 'are not of retargeting links',
  before_last_activity: 'lie before the last activity',
  outside_reengagement_window: 'lie outside the re-engagement window',
}

/** How many were refused by which rule, most first, as one sentence; empty when none was. */
export function refusalSummary(candidates: readonly Candidate[]): string {
  const counts = new Map<Refusal, number>()
  for (const { refused_by } of candidates) {
    if (refused_by !== null) counts.set(refused_by, (counts.get(refused_by) ?? 0) + 1)
  }
  if (counts.size === 0) return ''
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([rule, count]) => `${count} ${SHORT[rule]}`)
  return `Refused: ${parts.join(', ')}.`
}

/** What became of a candidate, as a sentence; against the winner, where it lost to one. */
export function fateWords(one: Candidate, winner: Candidate | null, what: 'install' | 'return' = 'install'): string {
  if (!one.eligible) return refusalWords(one, what)
  if (one.rank_reason === null || winner === null) return 'Won.'
  const apart = durationWords(one.time_to_install_ms - winner.time_to_install_ms)
  switch (one.rank_reason) {
    case 'view_after_click':
      return 'A click wins before a view.'
    case 'weaker_match':
      return `${matchTypeWord(one.match_type)} is weaker than ${matchTypeWord(winner.match_type).toLowerCase()}, by which the winner matches.`
    case 'older':
      return `${apart} older than the winner.`
    case 'newer':
      return `${apart} newer than the winner; the settings let the earliest win.`
    case 'tie_broken_by_id':
      return 'Same kind, same time; the order of ids decided.'
  }
}
