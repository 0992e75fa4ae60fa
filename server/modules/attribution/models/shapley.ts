import { addCredit, type Credits, type PathRow } from './types.ts'

/** Journeys that converted and touched a channel, counted by how many distinct channels they touched. */
export interface SetShare {
  channel: string
  /** Distinct channels of the journeys, this one among them; at least 1. */
  size: number
  conversions: number
  value: number
}

/**
 * Shapley value over channels, exact for any number of them. The game is the one of marketing practice (Zhao, Mahboobi,
 * Bagheri 2018, "Shapley Value Methods for Attribution Modeling in Online Advertising"): a coalition of channels is worth
 * the conversions of all paths that touch no channel outside it. Each set of channels that a path touches is a unanimity
 * game of its own, whose Shapley value is the equal split among its channels, and the value is additive over games: so
 * each path's conversions are shared equally among its distinct channels. Order and repetition do not matter.
 * @param shares the games, with those of equal size in which a channel plays counted together: all that its value needs
 */
export function creditByShapleySets(shares: readonly SetShare[]): Credits {
  const credits: Credits = new Map()
  for (const { channel, size, conversions, value } of shares) {
    addCredit(credits, channel, conversions / size, value / size)
  }
  return credits
}

/** {@link creditByShapleySets} over path data. */
export function creditByShapley(rows: readonly PathRow[]): Credits {
  return creditByShapleySets(
    rows.flatMap(({ channels, conversions, value }) => {
      const distinct = [...new Set(channels)]
      return distinct.map((channel) => ({ channel, size: distinct.length, conversions, value }))
    }),
  )
}
