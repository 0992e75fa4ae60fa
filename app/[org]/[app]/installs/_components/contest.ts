import { durationWords } from '#app/_lib/attribution/durations.ts'
import { formatPercent } from '#app/_lib/format.ts'
import { type Candidate, type Decision, MATCH_STRENGTH, matchTypeWord } from './words.ts'

/** One step of the order in which the winner was compared with the one behind it. */
export interface ContestStep {
  name: 'touchpoint_type' | 'match_type' | 'recency' | 'id'
  title: string
  winner: string
  other: string
  /** What the step says, in words. */
  result: string
  /** The first step on which the two differ; what comes after it was not asked. */
  state: 'equal' | 'decides' | 'not_asked'
}

type Step = Omit<ContestStep, 'state'> & { differs: boolean }
type Rules = Pick<NonNullable<Decision['settings']>, 'model' | 'priorities'>

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function before(one: Candidate): string {
  const length = durationWords(one.time_to_install_ms)
  return one.time_to_install_ms < 0 ? `${length} after` : `${length} before`
}

function strength({ match_type, probability }: Candidate): string {
  if (match_type === null) return '–'
  const likely = match_type === 'probabilistic' ? `, ${formatPercent(probability)}` : ''
  return `${matchTypeWord(match_type)} (strength ${MATCH_STRENGTH[match_type]}${likely})`
}

const STEPS: Readonly<Record<ContestStep['name'], (winner: Candidate, other: Candidate, rules: Rules) => Step>> = {
  touchpoint_type: (winner, other) => {
    const differs = winner.touchpoint_type !== other.touchpoint_type
    return {
      name: 'touchpoint_type',
      title: 'Click or view',
      winner: capital(winner.touchpoint_type),
      other: capital(other.touchpoint_type),
      result: differs ? 'A click wins before a view' : 'Both are the same',
      differs,
    }
  },
  match_type: (winner, other) => {
    const [ours, theirs] = [winner, other].map((one) => (one.match_type ? MATCH_STRENGTH[one.match_type] : 0))
    const differs = ours !== theirs
    return {
      name: 'match_type',
      title: 'Match',
      winner: strength(winner),
      other: strength(other),
      result: differs ? `Strength ${ours} against ${theirs}` : 'Equally strong',
      differs,
    }
  },
  recency: (winner, other, { model }) => {
    const apart = other.time_to_install_ms - winner.time_to_install_ms
    return {
      name: 'recency',
      title: model === 'first_touch' ? 'Time, first touch' : 'Time, last touch',
      winner: before(winner),
      other: before(other),
      result: apart === 0 ? 'At the same moment' : `${durationWords(apart)} ${apart > 0 ? 'more recent' : 'earlier'}`,
      differs: apart !== 0,
    }
  },
  id: (winner, other) => ({
    name: 'id',
    title: 'Order of ids',
    winner: winner.touchpoint_id,
    other: other.touchpoint_id,
    result: 'Nothing else parts them, and every run must decide alike',
    differs: true,
  }),
}

/**
 * How the winner beat the one behind it: every step of the settings' order, up to the one that decided and what was not asked
 * any more. Empty where nobody else could have won, or the rules are not ours.
 */
export function contestOf(decision: Pick<Decision, 'winner' | 'candidates' | 'settings'>): ContestStep[] {
  const { winner, settings } = decision
  const other = decision.candidates.find((one) => one.eligible && one.touchpoint_id !== winner?.touchpoint_id)
  if (!winner || !other || !settings) return []
  let decided = false
  return [...settings.priorities, 'id' as const].map((name) => {
    const { differs, ...step } = STEPS[name](winner, other, settings)
    const state = decided ? 'not_asked' : differs ? 'decides' : 'equal'
    decided ||= differs
    return { ...step, state }
  })
}
