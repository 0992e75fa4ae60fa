import type { Stepwise } from '../stepwise.ts'
import { add, at, type Chain, type Effect } from './chain.ts'

/** A chain on some of the states, as seen by somebody who looks only while a journey is in one of them. */
interface Censored {
  n: number
  /** Where journeys are seen first, by share of all journeys. */
  starts: Float64Array
  /** Probability of each step, n rows of n; what stands on the diagonal is not read. */
  steps: Float64Array
  /** Probability of ending for good, of ending with a conversion, and the value that ends there, per visit. */
  ending: Float64Array
  converting: Float64Array
  earning: Float64Array
}

/**
 * Removal effects by eliminating states one at a time (Grassmann, Taksar and Heyman 1985): whoever would enter the state
 * goes on to where it leads. Nothing is ever subtracted, so every result is exact to some units in the last place per
 * elimination, however long journeys stay in a loop (O'Cinneide 1993). To end with each channel alone, halves of the
 * channels are eliminated in turn: about n³ multiplications for all of them.
 * @returns effects by channel
 */
export function* effectsByElimination(chain: Chain): Stepwise<Effect[]> {
  const whole = dense(chain)
  const rewards = yield* solve(whole)
  const states = Int32Array.from(chain.newest, (_, state) => state)
  const effects: Effect[] = chain.channels.map(() => ({ conversions: 0, value: 0 }))
  function* descend(censored: Censored, kept: Int32Array, channels: readonly number[]): Stepwise<void> {
    if (channels.length <= 1) {
      const effect = effects[channels[0] ?? 0]
      if (!effect) return
      kept.forEach((state, place) => {
        effect.conversions += at(censored.starts, place) * at(rewards.conversions, state)
        effect.value += at(censored.starts, place) * at(rewards.value, state)
      })
      return
    }
    const middle = channels.length >> 1
    for (const half of [channels.slice(0, middle), channels.slice(middle)]) {
      const wanted = new Set(half)
      const places = kept.map((_, place) => place)
      const inside = places.filter((place) => wanted.has(at(chain.newest, at(kept, place))))
      const outside = places.filter((place) => !wanted.has(at(chain.newest, at(kept, place))))
      yield* descend(
        yield* censor(censored, inside, outside),
        inside.map((place) => at(kept, place)),
        half,
      )
    }
  }
  yield* descend(
    whole,
    states,
    chain.channels.map((_, channel) => channel),
  )
  return effects
}

function dense(chain: Chain): Censored {
  const n = chain.newest.length
  const journeys = chain.starts.reduce((total, one) => total + one, 0)
  const steps = new Float64Array(n * n)
  for (let from = 0; from < n; from++) {
    for (let edge = at(chain.first, from); edge < at(chain.first, from + 1); edge++) {
      const to = at(chain.to, edge)
      if (to !== from) steps[from * n + to] = at(chain.steps, edge) / at(chain.leaving, from)
    }
  }
  const perVisit = (counts: Float64Array) => counts.map((count, state) => count / at(chain.leaving, state))
  return {
    n,
    starts: chain.starts.map((count) => count / journeys),
    steps,
    ending: perVisit(chain.ending),
    converting: perVisit(chain.converting),
    earning: perVisit(chain.earning),
  }
}

/** What a journey that is in each state will bring: every state eliminated in turn, and put back in the other order. */
function* solve(whole: Censored): Stepwise<{ conversions: Float64Array; value: Float64Array }> {
  const { n } = whole
  const chain = { ...copy(whole) }
  const out = new Float64Array(n)
  for (let state = n - 1; state >= 0; state--) {
    out[state] = eliminate(chain, state, state)
    yield
  }
  const conversions = new Float64Array(n)
  const value = new Float64Array(n)
  for (let state = 0; state < n; state++) {
    let converts = at(chain.converting, state)
    let earns = at(chain.earning, state)
    for (let to = 0; to < state; to++) {
      converts += at(chain.steps, state * n + to) * at(conversions, to)
      earns += at(chain.steps, state * n + to) * at(value, to)
    }
    conversions[state] = converts / at(out, state)
    value[state] = earns / at(out, state)
  }
  return { conversions, value }
}

const copy = (chain: Censored): Censored => ({
  n: chain.n,
  starts: chain.starts.slice(),
  steps: chain.steps.slice(),
  ending: chain.ending.slice(),
  converting: chain.converting.slice(),
  earning: chain.earning.slice(),
})

/**
 * Leads everybody past a state, among the states before `until`.
 * @returns the share of those in the state who leave it
 */
function eliminate(chain: Censored, state: number, until: number): number {
  const { n, steps, starts, ending, converting, earning } = chain
  const row = state * n
  let out = at(ending, state)
  // Without the help of `at`, which a bundler may leave in another module: these are all but all of the work.
  for (let to = 0; to < until; to++) out += steps[row + to] ?? 0
  for (let from = 0; from < until; from++) {
    const entering = at(steps, from * n + state)
    if (entering === 0) continue
    const share = entering / out
    const base = from * n
    for (let to = 0; to < until; to++) steps[base + to] = (steps[base + to] ?? 0) + share * (steps[row + to] ?? 0)
    // Somebody who comes back is still where they were.
    steps[base + from] = 0
    add(ending, from, share * at(ending, state))
    add(converting, from, share * at(converting, state))
    add(earning, from, share * at(earning, state))
  }
  const began = at(starts, state) / out
  if (began > 0) for (let to = 0; to < until; to++) add(starts, to, began * at(steps, row + to))
  return out
}

/** The chain on the inside states alone. */
function* censor(chain: Censored, inside: Int32Array, outside: Int32Array): Stepwise<Censored> {
  const order = Int32Array.of(...inside, ...outside)
  const { n } = chain
  const pick = (numbers: Float64Array) => Float64Array.from(order, (place) => at(numbers, place))
  const all: Censored = {
    n,
    starts: pick(chain.starts),
    steps: new Float64Array(n * n),
    ending: pick(chain.ending),
    converting: pick(chain.converting),
    earning: pick(chain.earning),
  }
  for (let from = 0; from < n; from++) {
    const row = at(order, from) * n
    for (let to = 0; to < n; to++)
      all.steps[from * n + to] = from === to ? 0 : (chain.steps[row + (order[to] ?? 0)] ?? 0)
  }
  for (let state = n - 1; state >= inside.length; state--) {
    eliminate(all, state, state)
    yield
  }
  const kept = inside.length
  const steps = new Float64Array(kept * kept)
  for (let from = 0; from < kept; from++) steps.set(all.steps.subarray(from * n, from * n + kept), from * kept)
  const head = (numbers: Float64Array) => numbers.slice(0, kept)
  return {
    n: kept,
    starts: head(all.starts),
    steps,
    ending: head(all.ending),
    converting: head(all.converting),
    earning: head(all.earning),
  }
}
