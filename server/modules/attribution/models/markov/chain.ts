import type { Stepwise } from '../stepwise.ts'
import type { MarkovOrder, PathRow } from '../types.ts'

/** Journeys that took the same step: from a history to the next channel, or to their end. */
export interface MarkovStep {
  /** The last channels before the step, oldest first, at most as many as the chain's order; empty: the start. */
  history: readonly string[]
  /** The channel that followed; null: the journey ended there. */
  next: string | null
  /** Journeys among them that went on to convert, and that did not. */
  conversions: number
  nulls: number
  /** Where the journey ended: what its conversions were worth. */
  value: number
}

/** Every step of the paths, start and end included. */
export function stepsOf(rows: readonly PathRow[], order: MarkovOrder): MarkovStep[] {
  return rows.flatMap(({ channels, conversions, value, nulls }) =>
    Array.from({ length: channels.length + 1 }, (_, at) => ({
      history: channels.slice(Math.max(0, at - order), at),
      next: channels[at] ?? null,
      conversions,
      nulls,
      // Value beside no conversion says nothing about where conversions happen; it is shared out with the rest.
      value: at === channels.length && conversions > 0 ? value : 0,
    })),
  )
}

/**
 * Counts of the fitted chain. A state is what a journey remembers: its last `order` channels, or as many as there were.
 * Whoever is in a state has just touched the newest of them, so a channel is removed with the states in which it is newest.
 */
export interface Chain {
  /** Channels that occur, by name; a state names them by their place here. */
  channels: string[]
  /** The newest channel of each state. */
  newest: Int32Array
  /** Journeys that begin in each state. */
  starts: Float64Array
  /** Steps between states: those out of state i are from `first[i]` to before `first[i + 1]`. */
  first: Int32Array
  to: Int32Array
  steps: Float64Array
  /** Journeys that leave each state for another one or for their end; those that stay in it are not among them. */
  leaving: Float64Array
  /** Journeys that end in each state with a conversion, what those were worth, and all that end there. */
  converting: Float64Array
  earning: Float64Array
  ending: Float64Array
}

/** Rows that are looked at between two steps of the computation. */
const ROWS_PER_STEP = 500

/** Counts the chain; journeys without a conversion shape it only `withNulls`. */
export function* fitChain(steps: readonly MarkovStep[], order: MarkovOrder, withNulls: boolean): Stepwise<Chain> {
  const channels = new Map<string, number>()
  const states = new Map<string, number>()
  const newest: number[] = []
  const channelOf = (name: string) => {
    const known = channels.get(name) ?? channels.size
    channels.set(name, known)
    return known
  }
  const stateOf = (history: readonly string[]): number => {
    const places = history.map(channelOf)
    const key = places.join(' ')
    const known = states.get(key)
    if (known !== undefined) return known
    states.set(key, newest.length)
    newest.push(places.at(-1) ?? 0)
    return newest.length - 1
  }
  const counted: { from: number; to: number; journeys: number }[] = []
  const starting: { state: number; journeys: number }[] = []
  const ends: { state: number; journeys: number; conversions: number; value: number }[] = []
  for (const [place, { history, next, conversions, nulls, value }] of steps.entries()) {
    if (place % ROWS_PER_STEP === 0) yield
    const journeys = conversions + (withNulls ? nulls : 0)
    if (!(journeys > 0)) continue
    if (next === null) {
      if (history.length > 0) ends.push({ state: stateOf(history), journeys, conversions, value })
      continue
    }
    const to = stateOf([...history, next].slice(-order))
    if (history.length === 0) starting.push({ state: to, journeys })
    else counted.push({ from: stateOf(history), to, journeys })
  }
  return yield* laidOut([...channels.keys()], newest, starting, counted, ends)
}

function* laidOut(
  channels: string[],
  newest: readonly number[],
  starting: readonly { state: number; journeys: number }[],
  counted: readonly { from: number; to: number; journeys: number }[],
  ends: readonly { state: number; journeys: number; conversions: number; value: number }[],
): Stepwise<Chain> {
  const n = newest.length
  const rows: Map<number, number>[] = newest.map(() => new Map())
  for (const [place, { from, to, journeys }] of counted.entries()) {
    if (place % ROWS_PER_STEP === 0) yield
    rows[from]?.set(to, (rows[from]?.get(to) ?? 0) + journeys)
  }
  const edges = rows.reduce((total, row) => total + row.size, 0)
  const chain: Chain = {
    channels,
    newest: Int32Array.from(newest),
    starts: new Float64Array(n),
    first: new Int32Array(n + 1),
    to: new Int32Array(edges),
    steps: new Float64Array(edges),
    leaving: new Float64Array(n),
    converting: new Float64Array(n),
    earning: new Float64Array(n),
    ending: new Float64Array(n),
  }
  for (const { state, journeys } of starting) add(chain.starts, state, journeys)
  for (const { state, journeys, conversions, value } of ends) {
    add(chain.converting, state, conversions)
    add(chain.earning, state, value)
    add(chain.ending, state, journeys)
    add(chain.leaving, state, journeys)
  }
  let edge = 0
  for (const [from, row] of rows.entries()) {
    if (from % ROWS_PER_STEP === 0) yield
    for (const [to, journeys] of row) {
      chain.to[edge] = to
      chain.steps[edge] = journeys
      if (to !== from) add(chain.leaving, from, journeys)
      edge += 1
    }
    chain.first[from + 1] = edge
  }
  return chain
}

/** An element that is known to be there. */
export const at = (numbers: Float64Array | Int32Array, place: number): number => numbers[place] ?? 0

/** Adds to an element. */
export function add(numbers: Float64Array, place: number, more: number): void {
  numbers[place] = at(numbers, place) + more
}

/** What is lost when a channel is removed, up to one factor for all channels. */
export interface Effect {
  conversions: number
  value: number
}
