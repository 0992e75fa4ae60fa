/** One row of marketing path data: how often a sequence of touches occurred, and what came of it. */
export interface PathRow {
  /** Channels in the order they were touched; a channel may occur more than once. At least one. */
  channels: readonly string[]
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
