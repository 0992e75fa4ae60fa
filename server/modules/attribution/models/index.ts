import { creditByMarkov } from './markov.ts'
import { creditByShapley } from './shapley.ts'
import { creditByTouchWeights, firstTouch, lastTouch, linear, positionBased, timeDecay } from './touch-weights.ts'
import type { Credit, Credits, PathRow } from './types.ts'

export { MAX_MARKOV_CHANNELS } from './markov.ts'
export type { Credit, PathRow } from './types.ts'

/** The models that share conversions among the channels of multi-touch paths, in the order they are shown. */
export const MULTI_TOUCH_MODELS = [
  'first_touch',
  'last_touch',
  'linear',
  'time_decay',
  'position_based',
  'markov',
  'markov_with_nulls',
  'shapley',
] as const
export type MultiTouchModel = (typeof MULTI_TOUCH_MODELS)[number]

const MODELS: Record<MultiTouchModel, (rows: readonly PathRow[]) => Credits> = {
  first_touch: (rows) => creditByTouchWeights(rows, firstTouch),
  last_touch: (rows) => creditByTouchWeights(rows, lastTouch),
  linear: (rows) => creditByTouchWeights(rows, linear),
  time_decay: (rows) => creditByTouchWeights(rows, timeDecay),
  position_based: (rows) => creditByTouchWeights(rows, positionBased),
  markov: (rows) => creditByMarkov(rows, false),
  markov_with_nulls: (rows) => creditByMarkov(rows, true),
  shapley: creditByShapley,
}

/**
 * Shares the conversions and value of paths among their channels. Every model names every channel of the data and its
 * shares add up to the data's totals. Pure: the same rows give the same answer.
 * @param rows path data; a path of at least one channel, counts and value at least 0
 * @returns credit by channel, in the order of first appearance
 * @throws Error when there are too many channels for the Markov models
 */
export function creditByModel(rows: readonly PathRow[], model: MultiTouchModel): Record<string, Credit> {
  const credits = MODELS[model](rows)
  const channels = new Set(rows.flatMap((row) => row.channels))
  return Object.fromEntries(
    [...channels].map((channel) => [channel, credits.get(channel) ?? { conversions: 0, value: 0 }]),
  )
}
