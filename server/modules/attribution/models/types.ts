/** One row of marketing path data: how often a sequence of touches occurred, and what came of it. */
export interface PathRow {
  /** Channels in the order they were touched; a channel may occur more than once. At least one. */
  channels: readonly string[]
  /** Days from each touch to the conversion, in the same order. Absent: one step of the path stands for one day. */
  ages?: readonly number[]
  /** Journeys along this path that converted; at least 0. */
  conversions: number
  /** What those conversions were worth together, in whatever unit the data has; at least 0. */
  value: number
  /** Journeys along this path that did not convert; at least 0. */
  nulls: number
}

/** What a model gives a channel: its share of all conversions and of their value, in the units of the rows. */
export interface Credit {
  conversions: number
  value: number
}

/** Credit by channel. A map, because a channel may have any name. */
export type Credits = Map<string, Credit>

/** Adds to what a channel has so far. */
export function addCredit(credits: Credits, channel: string, conversions: number, value: number): void {
  const credit = credits.get(channel)
  if (credit) {
    credit.conversions += conversions
    credit.value += value
  } else credits.set(channel, { conversions, value })
}

/** How many touches before the next one the Markov chain remembers. */
export type MarkovOrder = 1 | 2 | 3

/** What a marketer may turn on the models. */
export interface ModelParameters {
  /** Days in which a touch loses half its weight under time decay; above 0. */
  halfLifeDays: number
  /** Shares of the first touch, of those between together, and of the last; at least 0, together 1. */
  positionWeights: { first: number; middle: number; last: number }
  markovOrder: MarkovOrder
}

/** The field's usual values: seven days as in Google Analytics, 40/20/40, and a chain that remembers one touch. */
export const DEFAULT_PARAMETERS: ModelParameters = {
  halfLifeDays: 7,
  positionWeights: { first: 0.4, middle: 0.2, last: 0.4 },
  markovOrder: 1,
}
