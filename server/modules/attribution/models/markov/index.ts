import { inOnePiece, type Stepwise } from '../stepwise.ts'
import { creditByTouchWeights, linear } from '../touch-weights.ts'
import { addCredit, type Credits, DEFAULT_PARAMETERS, type MarkovOrder, type PathRow } from '../types.ts'
import { type Chain, type Effect, fitChain, type MarkovStep, stepsOf } from './chain.ts'
import { effectsByElimination } from './eliminate.ts'
import { effectsByFlow } from './flow.ts'

export { type MarkovStep, stepsOf } from './chain.ts'

/** More states would take a matrix that takes minutes to eliminate. */
const MOST_ELIMINATED = 2000
/** Steps that are followed before a chain is given up: about a minute. */
const MOST_FOLLOWED = 5e9
/** Multiplications of an elimination, in one stretch of memory, that take no longer than following one step. */
const PER_STEP = 10
/** Sweeps that a chain usually needs: what the two ways are compared by. */
const USUAL_SWEEPS = 60

/** A chain is too large to be solved with the work that was allowed. */
export class ChainTooLarge extends Error {
  readonly states: number

  constructor(states: number) {
    super(
      `The Markov chain has ${states} states, too many to be solved. Group rare channels or remember fewer touches (a lower order), and try again.`,
    )
    this.name = 'ChainTooLarge'
    this.states = states
  }
}

/** What the paths that shape a chain add up to. */
export interface Totals {
  conversions: number
  value: number
}

/**
 * Markov attribution by removal effects, as in the R package ChannelAttribution (Altomare and Loris, `markov_model`; the
 * idea: Anderl, Becker, von Wangenheim, Schumann 2016, "Mapping the customer journey"). Journeys run from a start state over
 * channels to conversion or to null; what comes next depends on the last `order` channels. A channel's removal effect is
 * the share of conversions that is lost when everybody who reaches the channel goes to null; the effects are scaled so that
 * they add up to all conversions, and in the same way to all value.
 *
 * Without nulls (the package's default, no `var_null`) the chain is fitted to the converting journeys alone; with them
 * (`var_null`) also to the journeys that ended without a conversion. The package simulates the chain and cuts journeys
 * longer than the longest one seen; here the chain is solved, so results differ by its noise and that cut.
 *
 * @param withNulls whether the journeys that did not convert shape the chain
 * @throws ChainTooLarge when the chain cannot be solved
 */
export function creditByMarkov(rows: readonly PathRow[], order: MarkovOrder, withNulls: boolean): Credits {
  const totals = {
    conversions: rows.reduce((total, row) => total + row.conversions, 0),
    value: rows.reduce((total, row) => total + row.value, 0),
  }
  // Without a conversion there is nothing to remove; value that stands there all the same is shared by touches.
  if (totals.conversions === 0) return creditByTouchWeights(rows, linear, DEFAULT_PARAMETERS)
  return inOnePiece(creditByMarkovSteps(stepsOf(rows, order), totals, order, withNulls))
}

/**
 * {@link creditByMarkov} over steps that were counted elsewhere, for whoever has other work to do meanwhile.
 * @param totals what the credits add up to
 * @param mostFollowed work after which the chain is given up, in steps that are followed: some 20 million a second
 * @throws ChainTooLarge when the chain is too large for that
 */
export function* creditByMarkovSteps(
  steps: readonly MarkovStep[],
  totals: Totals,
  order: MarkovOrder,
  withNulls: boolean,
  mostFollowed = MOST_FOLLOWED,
): Stepwise<Credits> {
  const chain = yield* fitChain(steps, order, withNulls)
  const effects = yield* removalEffects(chain, mostFollowed)
  const sum = (figure: keyof Effect) => effects.reduce((total, effect) => total + effect[figure], 0)
  const lost = { conversions: sum('conversions'), value: sum('value') }
  const credits: Credits = new Map()
  chain.channels.forEach((channel, place) => {
    const effect = effects[place] ?? { conversions: 0, value: 0 }
    const share = lost.conversions > 0 ? effect.conversions / lost.conversions : 0
    // Value that no conversion explains follows the conversions.
    const worth = lost.value > 0 ? effect.value / lost.value : share
    addCredit(credits, channel, share * totals.conversions, worth * totals.value)
  })
  return credits
}

/**
 * What is lost with each channel. A journey ever reaches channel k with a probability, and from the state in which it gets
 * there it converts with another; what removal loses is the sum of their products. Both ways to it are exact; which is
 * cheaper depends on how many steps there are between how many states.
 */
function* removalEffects(chain: Chain, mostFollowed: number): Stepwise<Effect[]> {
  const n = chain.newest.length
  if (n === 0) return []
  const followed = chain.channels.length * chain.to.length * USUAL_SWEEPS
  const eliminable = n <= MOST_ELIMINATED && n ** 3 <= mostFollowed * PER_STEP
  if (eliminable && n ** 3 <= followed) return yield* effectsByElimination(chain)
  const effects = yield* effectsByFlow(
    chain,
    Math.min(mostFollowed, eliminable ? Math.max(n ** 3, followed) : mostFollowed),
  )
  if (effects) return effects
  if (eliminable) return yield* effectsByElimination(chain)
  throw new ChainTooLarge(n)
}
