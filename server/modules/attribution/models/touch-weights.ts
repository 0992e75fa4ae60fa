import { addCredit, type Credits, type ModelParameters, type PathRow } from './types.ts'

/**
 * The share of each touch of a path, first touch first; the shares add up to 1.
 * @param ages days from each touch to the conversion
 */
export type TouchWeights = (ages: readonly number[], parameters: ModelParameters) => number[]

/** Everything to the touch that opened the journey. */
export const firstTouch: TouchWeights = ({ length }) => one(length, 0)

/** Everything to the touch before the conversion. */
export const lastTouch: TouchWeights = ({ length }) => one(length, length - 1)

/** The same to every touch; a channel touched twice gets two shares. */
export const linear: TouchWeights = ({ length }) => Array.from({ length }, () => 1 / length)

/** Halves with every half-life before the conversion. */
export const timeDecay: TouchWeights = (ages, { halfLifeDays }) => {
  // Measured from the touch that lies nearest: the shares are the same, and a journey of years does not vanish into zeros.
  const nearest = ages.reduce((least, age) => Math.min(least, age), Number.POSITIVE_INFINITY)
  const weights = ages.map((age) => 2 ** (-(age - nearest) / halfLifeDays))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

/** The ends' weights to the first and the last touch, the middle's evenly to those between; two touches take half each. */
export const positionBased: TouchWeights = (ages, { positionWeights: { first, middle, last } }) => {
  const { length } = ages
  if (length <= 2) return ages.map(() => 1 / length)
  return ages.map((_, at) => (at === 0 ? first : at === length - 1 ? last : middle / (length - 2)))
}

/** Shares out each path's conversions and value over its touches by fixed weights. Paths without conversions give nothing. */
export function creditByTouchWeights(
  rows: readonly PathRow[],
  weights: TouchWeights,
  parameters: ModelParameters,
): Credits {
  const credits: Credits = new Map()
  for (const { channels, ages, conversions, value } of rows) {
    const shares = weights(ages ?? channels.map((_, at) => channels.length - 1 - at), parameters)
    channels.forEach((channel, at) => {
      const share = shares[at] ?? 0
      addCredit(credits, channel, conversions * share, value * share)
    })
  }
  return credits
}

function one(length: number, place: number): number[] {
  return Array.from({ length }, (_, at) => (at === place ? 1 : 0))
}
