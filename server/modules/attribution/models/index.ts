import { creditByMarkov } from './markov/index.ts'
import { creditByShapley } from './shapley.ts'
import { creditByTouchWeights, firstTouch, lastTouch, linear, positionBased, timeDecay } from './touch-weights.ts'
import { type Credit, type Credits, DEFAULT_PARAMETERS, type ModelParameters, type PathRow } from './types.ts'

export { ChainTooLarge, creditByMarkovSteps, type MarkovStep } from './markov/index.ts'
export { creditByShapleySets, type SetShare } from './shapley.ts'
export { inOnePiece, type Stepwise } from './stepwise.ts'
export {
  type Credit,
  type Credits,
  DEFAULT_PARAMETERS,
  type MarkovOrder,
  type ModelParameters,
  type PathRow,
} from './types.ts'

/** Models that look at the places of a path's touches alone. */
export const TOUCH_MODELS = ['first_touch', 'last_touch', 'linear', 'time_decay', 'position_based'] as const
export type TouchModel = (typeof TOUCH_MODELS)[number]

/** Models that learn from all paths together. */
export const DATA_DRIVEN_MODELS = ['markov', 'markov_with_nulls', 'shapley'] as const
export type DataDrivenModel = (typeof DATA_DRIVEN_MODELS)[number]

/** The models that share conversions among the channels of multi-touch paths, in the order they are shown. */
export const MULTI_TOUCH_MODELS = [...TOUCH_MODELS, ...DATA_DRIVEN_MODELS] as const
export type MultiTouchModel = TouchModel | DataDrivenModel

const MODELS: Record<MultiTouchModel, (rows: readonly PathRow[], parameters: ModelParameters) => Credits> = {
  first_touch: (rows, parameters) => creditByTouchWeights(rows, firstTouch, parameters),
  last_touch: (rows, parameters) => creditByTouchWeights(rows, lastTouch, parameters),
  linear: (rows, parameters) => creditByTouchWeights(rows, linear, parameters),
  time_decay: (rows, parameters) => creditByTouchWeights(rows, timeDecay, parameters),
  position_based: (rows, parameters) => creditByTouchWeights(rows, positionBased, parameters),
  markov: (rows, { markovOrder }) => creditByMarkov(rows, markovOrder, false),
  markov_with_nulls: (rows, { markovOrder }) => creditByMarkov(rows, markovOrder, true),
  shapley: creditByShapley,
}

/**
 * Shares the conversions and value of paths among their channels. Every model names every channel of the data and its
 * shares add up to the data's totals. Pure: the same rows give the same answer.
 * @param rows path data; a path of at least one channel, counts and value at least 0
 * @param parameters what does not concern the model is not looked at
 * @returns credit by channel, in the order of first appearance
 * @throws Error when the data is too large for the Markov models
 */
export function creditByModel(
  rows: readonly PathRow[],
  model: MultiTouchModel,
  parameters: ModelParameters = DEFAULT_PARAMETERS,
): Record<string, Credit> {
  const credits = MODELS[model](rows, parameters)
  const channels = new Set(rows.flatMap((row) => row.channels))
  return Object.fromEntries(
    [...channels].map((channel) => [channel, credits.get(channel) ?? { conversions: 0, value: 0 }]),
  )
}
