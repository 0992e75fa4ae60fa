import { durationWords } from '#app/_lib/attribution/durations.ts'
import { refusalWords } from './fate.ts'
import { bondWords, type Candidate, type Decision, sourceWords } from './words.ts'

function winnerSentence(winner: Candidate, candidates: readonly Candidate[], what: string): string {
  const when =
    winner.time_to_install_ms === 0
      ? `at the moment of the ${what}`
      : winner.time_to_install_ms < 0
        ? `before the ${what} (the device’s clock is behind)`
        : `${durationWords(winner.time_to_install_ms)} before the ${what}`
  const bond = bondWords(winner)
  const others = candidates.filter((one) => one.eligible).length - 1
  const rest =
    others === 0
      ? 'No other touchpoint could count.'
      : others === 1
        ? 'One more could count; the table says why it lost.'
        : `${others} more could count; the table says why they lost.`
  const web = winner.web_to_app ? ' on a web page' : ''
  return `A ${winner.touchpoint_type}${web} from ${sourceWords(winner)}, ${when}, earned it${bond ? `: ${bond}` : ''}. ${rest}`
}

/** The outcome in one or two plain sentences: who earned the install, and why nobody else did. */
export function outcomeSentence(
  decision: Pick<Decision, 'reason' | 'winner' | 'candidates' | 'conversionType'>,
): string {
  const what = decision.conversionType === 'install' ? 'install' : 'reinstall'
  const { winner, candidates } = decision
  if (winner) return winnerSentence(winner, candidates, what)
  if (decision.reason === 'decided_elsewhere')
    return `Attributed before it was imported; which click or view earned this ${what} was not part of the file.`
  if (decision.reason === 'nothing_matched') return `Organic: no click or view matches this ${what}.`
  const matched = candidates.filter((one) => one.match_type !== null)
  const [first] = matched
  return matched.length === 1 && first
    ? `Organic: one touchpoint matches this ${what} but could not count. ${refusalWords(first)}`
    : `Organic: ${matched.length} touchpoints match this ${what}, and none could count. The table says why.`
}
