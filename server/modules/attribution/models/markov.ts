import { at, invert } from './invert.ts'
import { addCredit, type Credits, type PathRow } from './types.ts'

/** More channels would take a matrix that takes minutes to invert. */
export const MAX_MARKOV_CHANNELS = 2000

/**
 * First-order Markov attribution by removal effects, as in the R package ChannelAttribution (Altomare and Loris,
 * `markov_model`; the idea: Anderl, Becker, von Wangenheim, Schumann 2016, "Mapping the customer journey"). Journeys run
 * from a start state over channels to conversion or to null. A channel's removal effect is the share of conversions that
 * is lost when everybody who reaches the channel goes to null; the effects are scaled so that they add up to all
 * conversions, and in the same way to all value.
 *
 * Without nulls (the package's default, no `var_null`) the chain is fitted to the converting journeys alone; with them
 * (`var_null`) also to the journeys that ended without a conversion. The package simulates the chain and cuts journeys
 * longer than the longest one seen; here the chain is solved exactly, so results differ by its noise and that cut.
 *
 * @param withNulls whether the journeys that did not convert shape the chain
 * @throws Error when there are more than MAX_MARKOV_CHANNELS channels
 */
export function creditByMarkov(rows: readonly PathRow[], withNulls: boolean): Credits {
  const chain = fitChain(rows, withNulls)
  const effects = removalEffects(chain)
  const credits: Credits = new Map()
  const sum = (of: (effect: Effect) => number) => effects.reduce((total, effect) => total + of(effect), 0)
  const [conversions, value] = [sum((effect) => effect.conversions), sum((effect) => effect.value)]
  chain.channels.forEach((channel, place) => {
    const effect = effects[place]
    if (!effect) return
    addCredit(
      credits,
      channel,
      conversions > 0 ? (effect.conversions / conversions) * chain.conversions : 0,
      value > 0 ? (effect.value / value) * chain.value : 0,
    )
  })
  return credits
}

/** Counts of the fitted chain; `n` channels, state i is `channels[i]`. */
interface Chain {
  channels: string[]
  /** Journeys that begin at each channel. */
  starts: Float64Array
  /** Journeys from channel row to channel column, n by n. */
  steps: Float64Array
  /** Journeys that leave each channel, wherever to. */
  leaving: Float64Array
  /** Journeys that convert out of each channel, and what they were worth. */
  converting: Float64Array
  earning: Float64Array
  /** Totals of the data, which the shares add up to. */
  conversions: number
  value: number
}

function fitChain(rows: readonly PathRow[], withNulls: boolean): Chain {
  const used = rows.filter(({ conversions, nulls }) => conversions + (withNulls ? nulls : 0) > 0)
  const places = new Map<string, number>()
  for (const { channels } of used) {
    for (const channel of channels) if (!places.has(channel)) places.set(channel, places.size)
  }
  const n = places.size
  if (n > MAX_MARKOV_CHANNELS) {
    throw new Error(
      `The Markov models take at most ${MAX_MARKOV_CHANNELS} channels and the paths have ${n}. Group rare channels and try again.`,
    )
  }
  const chain: Chain = {
    channels: [...places.keys()],
    starts: new Float64Array(n),
    steps: new Float64Array(n * n),
    leaving: new Float64Array(n),
    converting: new Float64Array(n),
    earning: new Float64Array(n),
    conversions: rows.reduce((total, row) => total + row.conversions, 0),
    value: rows.reduce((total, row) => total + row.value, 0),
  }
  const add = (counts: Float64Array, place: number, more: number) => {
    counts[place] = at(counts, place) + more
  }
  for (const { channels, conversions, value, nulls } of used) {
    const journeys = conversions + (withNulls ? nulls : 0)
    let before: number | undefined
    for (const channel of channels) {
      const place = places.get(channel) ?? 0
      if (before === undefined) add(chain.starts, place, journeys)
      else add(chain.steps, before * n + place, journeys)
      add(chain.leaving, place, journeys)
      before = place
    }
    if (before === undefined) continue
    add(chain.converting, before, conversions)
    // Value beside no conversion says nothing about where conversions happen; it is shared out with the rest.
    if (conversions > 0) add(chain.earning, before, value)
  }
  return chain
}

interface Effect {
  conversions: number
  value: number
}

/**
 * What is lost with each channel, up to one factor for all. With N = (I - Q)⁻¹ (expected visits) a journey ever reaches
 * channel k with probability h = (start · N)[k] / N[k,k], and from there converts with probability p = (N · converting)[k]:
 * what removal loses is h · p, and for value likewise. One inversion serves all channels.
 */
function removalEffects(chain: Chain): Effect[] {
  const n = chain.channels.length
  const matrix = new Float64Array(n * n)
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const share = at(chain.steps, row * n + column) / at(chain.leaving, row)
      matrix[row * n + column] = (row === column ? 1 : 0) - share
    }
  }
  const visits = invert(matrix, n)
  return chain.channels.map((_, k) => {
    let reached = 0
    let converts = 0
    let earns = 0
    for (let j = 0; j < n; j++) {
      reached += at(chain.starts, j) * at(visits, j * n + k)
      const stay = at(visits, k * n + j) / at(chain.leaving, j)
      converts += stay * at(chain.converting, j)
      earns += stay * at(chain.earning, j)
    }
    const hit = reached / at(visits, k * n + k)
    return { conversions: hit * converts, value: hit * earns }
  })
}
