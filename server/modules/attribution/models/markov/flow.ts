import type { Stepwise } from '../stepwise.ts'
import { add, at, type Chain, type Effect } from './chain.ts'

/** Sweeps after which a chain counts as too slow for this way. */
const MOST_SWEEPS = 2000
/** States that are looked at between two steps of the computation. */
const STATES_PER_STEP = 4096
/** What it takes to see that a state holds nothing, in steps. */
const LOOK = 0.1
/** What may be unknown of a figure, as a share of it. */
const PRECISION = 1e-13

/**
 * Removal effects by following the journeys through a chain of many states and few steps between them. It counts with shares
 * of journeys, not with drawn ones: in every sweep each state hands on what it holds, until what is still on its way is too
 * little to matter. Everything is a sum of positive numbers and what is on its way bounds what is missing, so the result is
 * known to be right to {@link PRECISION}.
 * @param budget steps to be followed at most
 * @returns effects by channel; null where journeys stay in loops for so long that the budget did not do
 */
export function* effectsByFlow(chain: Chain, budget: number): Stepwise<Effect[] | null> {
  const spend = { left: budget }
  const rewards = yield* bringing(chain, spend)
  if (!rewards) return null
  const journeys = chain.starts.reduce((total, one) => total + one, 0)
  const of = (reward: Float64Array) =>
    chain.starts.reduce((total, count, state) => total + count * at(reward, state), 0) / journeys
  const bounds = [rewards.conversions, rewards.value].map((reward) => {
    const most = reward.reduce((greatest, one) => Math.max(greatest, one), 0)
    return most > 0 ? (PRECISION * of(reward)) / most : 1
  })
  const tolerance = Math.min(...bounds)
  const effects: Effect[] = []
  for (let channel = 0; channel < chain.channels.length; channel++) {
    const effect = yield* reaching(chain, channel, rewards, tolerance, journeys, spend)
    if (!effect) return null
    effects.push(effect)
  }
  return effects
}

interface Rewards {
  conversions: Float64Array
  value: Float64Array
}

/**
 * What a journey that is in each state will bring. One series grows from nothing and one shrinks from all there could be;
 * the truth is between them, and they are done when they have met.
 */
function* bringing(chain: Chain, spend: { left: number }): Stepwise<Rewards | null> {
  const n = chain.newest.length
  const dearest = chain.converting.reduce(
    (most, count, state) => (count > 0 ? Math.max(most, at(chain.earning, state) / count) : most),
    0,
  )
  const low = { conversions: new Float64Array(n), value: new Float64Array(n) }
  const high = { conversions: new Float64Array(n).fill(1), value: new Float64Array(n).fill(dearest) }
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    spend.left -= 2 * (chain.to.length + n)
    if (spend.left < 0) return null
    const apart = { conversions: 0, value: 0 }
    const most = { conversions: 0, value: 0 }
    for (let state = n - 1; state >= 0; state--) {
      if (state % STATES_PER_STEP === 0) yield
      let lowConverts = at(chain.converting, state)
      let lowEarns = at(chain.earning, state)
      let highConverts = lowConverts
      let highEarns = lowEarns
      const end = at(chain.first, state + 1)
      for (let edge = at(chain.first, state); edge < end; edge++) {
        // Without the help of `at`, which a bundler may leave in another module: this is most of the work.
        const to = chain.to[edge] ?? 0
        if (to === state) continue
        const count = chain.steps[edge] ?? 0
        lowConverts += count * (low.conversions[to] ?? 0)
        lowEarns += count * (low.value[to] ?? 0)
        highConverts += count * (high.conversions[to] ?? 0)
        highEarns += count * (high.value[to] ?? 0)
      }
      const leaving = at(chain.leaving, state)
      low.conversions[state] = lowConverts / leaving
      low.value[state] = lowEarns / leaving
      high.conversions[state] = highConverts / leaving
      high.value[state] = highEarns / leaving
      apart.conversions = Math.max(apart.conversions, (highConverts - lowConverts) / leaving)
      apart.value = Math.max(apart.value, (highEarns - lowEarns) / leaving)
      most.conversions = Math.max(most.conversions, lowConverts / leaving)
      most.value = Math.max(most.value, lowEarns / leaving)
    }
    if (apart.conversions <= PRECISION * most.conversions && apart.value <= PRECISION * most.value) return low
  }
  return null
}

/** What the journeys that ever reach the channel go on to bring. */
function* reaching(
  chain: Chain,
  channel: number,
  rewards: Rewards,
  tolerance: number,
  journeys: number,
  spend: { left: number },
): Stepwise<Effect | null> {
  const n = chain.newest.length
  const effect: Effect = { conversions: 0, value: 0 }
  const held = new Float64Array(n)
  const arrive = (state: number, share: number) => {
    if (chain.newest[state] === channel) {
      effect.conversions += share * at(rewards.conversions, state)
      effect.value += share * at(rewards.value, state)
    } else add(held, state, share)
  }
  chain.starts.forEach((count, state) => {
    if (count > 0) arrive(state, count / journeys)
  })
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let moved = 0
    for (let state = 0; state < n; state++) {
      if (state % STATES_PER_STEP === 0) yield
      const share = held[state] ?? 0
      if (share === 0) continue
      held[state] = 0
      const each = share / at(chain.leaving, state)
      const end = at(chain.first, state + 1)
      moved += end - at(chain.first, state)
      for (let edge = at(chain.first, state); edge < end; edge++) {
        const to = at(chain.to, edge)
        if (to !== state) arrive(to, each * at(chain.steps, edge))
      }
    }
    spend.left -= moved + n * LOOK
    let underway = 0
    for (let state = 0; state < n; state++) underway += held[state] ?? 0
    if (underway <= tolerance) return effect
    if (spend.left < 0) return null
  }
  return null
}
