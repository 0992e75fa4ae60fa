import { addCredit, type Credits, type PathRow } from './types.ts'

/**
 * Shapley value over channels, exact for any number of them. The game is the one of marketing practice (Zhao, Mahboobi,
 * Bagheri 2018, "Shapley Value Methods for Attribution Modeling in Online Advertising"): a coalition of channels is worth
 * the conversions of all paths that touch no channel outside it. Each set of channels that a path touches is a unanimity
 * game of its own, whose Shapley value is the equal split among its channels, and the value is additive over games: so
 * each path's conversions are shared equally among its distinct channels. Order and repetition do not matter.
 */
export function creditByShapley(rows: readonly PathRow[]): Credits {
  const credits: Credits = new Map()
  for (const { channels, conversions, value } of rows) {
    const distinct = new Set(channels)
    for (const channel of distinct) addCredit(credits, channel, conversions / distinct.size, value / distinct.size)
  }
  return credits
}
