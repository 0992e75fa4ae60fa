import { addCredit, type Credits, type PathRow } from './types.ts'

/** The share of each touch of a path with `length` touches, first touch first; the shares add up to 1. */
export type TouchWeights = (length: number) => number[]

/** Everything to the touch that opened the journey. */
export const firstTouch: TouchWeights = (length) => one(length, 0)

/** Everything to the touch before the conversion. */
export const lastTouch: TouchWeights = (length) => one(length, length - 1)

/** The same to every touch; a channel touched twice gets two shares. */
export const linear: TouchWeights = (length) => Array.from({ length }, () => 1 / length)

/** Steps after which a touch counts half; one step of a path stands for one day. The seven days are Google Analytics' default. */
const HALF_LIFE_STEPS = 7

/** Halves with every seven steps before the last touch. */
export const timeDecay: TouchWeights = (length) =>
  normalized(Array.from({ length }, (_, at) => 2 ** (-(length - 1 - at) / HALF_LIFE_STEPS)))

/** 40 % to the first touch, 40 % to the last, 20 % spread over those between; half and half where there are only two. */
export const positionBased: TouchWeights = (length) => {
  if (length <= 2) return linear(length)
  const middle = 0.2 / (length - 2)
  return Array.from({ length }, (_, at) => (at === 0 || at === length - 1 ? 0.4 : middle))
}

/** Shares out each path's conversions and value over its touches by fixed weights. Paths without conversions give nothing. */
export function creditByTouchWeights(rows: readonly PathRow[], weights: TouchWeights): Credits {
  const credits: Credits = new Map()
  for (const { channels, conversions, value } of rows) {
    const shares = weights(channels.length)
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

function normalized(weights: number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}
