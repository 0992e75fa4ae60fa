import { createHash } from 'node:crypto'
import { z } from 'zod'
import {
  ChainTooLarge,
  type Credit,
  type Credits,
  creditByMarkovSteps,
  creditByShapleySets,
  type DataDrivenModel,
  type MarkovStep,
  type SetShare,
  type Stepwise,
} from '../models/index.ts'
import type { MultiTouchMissing } from './answer.ts'
import { END } from './journeys.ts'
import { MARK, MOST_STEPS } from './sums.ts'

/** How much one Markov chain may take: some two seconds of a core, in steps as `creditByMarkovSteps` counts. */
const MOST_FOLLOWED = 50_000_000
/** Rows that are looked at between two steps of the computation. */
const ROWS_PER_STEP = 500
/** Digits by which sums count as the same: the store adds up in any order, which moves the last ones. */
const DIGITS = 12

const patternRow = z.object({
  oldest: z.number(),
  older: z.number(),
  newest: z.number(),
  next: z.number(),
  conversions: z.number(),
  nulls: z.number(),
  value: z.number(),
})
export type PatternRow = z.output<typeof patternRow>

/**
 * Checks the rows of `patternsSql`.
 * @returns the rows, and a digest of them: rows of one digest have one answer
 */
export function* checkedPatterns(found: readonly unknown[]): Stepwise<{ rows: PatternRow[]; digest: string }> {
  const rows: PatternRow[] = []
  const hash = createHash('sha256')
  for (let from = 0; from < found.length; from += ROWS_PER_STEP) {
    const some = found.slice(from, from + ROWS_PER_STEP).map((row) => patternRow.parse(row))
    rows.push(...some)
    const line = ({ oldest, older, newest, next, conversions, nulls, value }: PatternRow) =>
      `${oldest} ${older} ${newest} ${next} ${conversions} ${nulls} ${value.toPrecision(DIGITS)}\n`
    hash.update(some.map(line).join(''))
    yield
  }
  return { rows, digest: hash.digest('base64') }
}

/** What the models that learn from all paths give, by channel number as text. */
export interface DrivenCredits {
  models: [DataDrivenModel, Credits][]
  /** Conversions without a touch: nobody's. */
  organic: Credit
  /** Journeys that never converted. */
  nulls: number
  missing: MultiTouchMissing[]
}

/**
 * Shapley, and Markov without and with nulls, over patterns. A chain that is too large is named as missing.
 * @param mostFollowed see `creditByMarkovSteps`
 */
export function* drivenCredits(
  rows: readonly PatternRow[],
  order: 1 | 2 | 3,
  mostFollowed = MOST_FOLLOWED,
): Stepwise<DrivenCredits> {
  const { steps, sets, organic } = yield* patterns(rows)
  const shapley = creditByShapleySets(sets)
  const totals = { conversions: 0, value: 0 }
  for (const credit of shapley.values()) {
    totals.conversions += credit.conversions
    totals.value += credit.value
  }
  const missing: MultiTouchMissing[] = []
  const tooMuch = (figure: DataDrivenModel, why: string) => {
    const message = `${why} Choose a lower order, a higher level or a shorter range.`
    missing.push({ figure, reason: 'too_many_patterns', message, partial: false })
  }
  const models: [DataDrivenModel, Credits][] = [['shapley', shapley]]
  for (const model of ['markov', 'markov_with_nulls'] as const) {
    if (steps.length > MOST_STEPS) {
      tooMuch(model, `The paths have more than ${MOST_STEPS.toLocaleString('en')} different steps.`)
      continue
    }
    try {
      const credits = yield* creditByMarkovSteps(steps, totals, order, model === 'markov_with_nulls', mostFollowed)
      models.push([model, credits])
    } catch (error) {
      if (!(error instanceof ChainTooLarge)) throw error
      tooMuch(model, `The Markov chain has ${error.states.toLocaleString('en')} states, too many to be solved.`)
    }
  }
  const nulls = steps.reduce((sum, step) => sum + (step.history.length === 0 ? step.nulls : 0), 0)
  return { models, organic, nulls, missing }
}

/** Rows as what the pure models take: steps, set shares and the conversions without a touch. */
export function* patterns(
  rows: readonly PatternRow[],
): Stepwise<{ steps: MarkovStep[]; sets: SetShare[]; organic: Credit }> {
  const steps: MarkovStep[] = []
  const sets: SetShare[] = []
  const organic: Credit = { conversions: 0, value: 0 }
  for (const [place, { oldest, older, newest, next, conversions, nulls, value }] of rows.entries()) {
    if (place % ROWS_PER_STEP === 0) yield
    if (oldest !== MARK) {
      const history = [oldest, older, newest].filter((channel) => channel !== 0).map(String)
      const ends = next === END
      steps.push({ history, next: ends ? null : String(next), conversions, nulls, value: ends ? value : 0 })
    } else if (newest === 0) {
      organic.conversions += conversions
      organic.value += value
    } else sets.push({ channel: String(next), size: newest, conversions, value })
  }
  return { steps, sets, organic }
}
