import { add, at, type Chain, type Effect } from './chain.ts'

/** Sweeps after which a chain counts as too slow for this way. */
const MOST_SWEEPS = 2000
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
export function effectsByFlow(chain: Chain, budget: number): Effect[] | null {
  const spend = { left: budget }
  const rewards = bringing(chain, spend)
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
    const effect = reaching(chain, channel, rewards, tolerance, journeys, spend)
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
function bringing(chain: Chain, spend: { left: number }): Rewards | null {
  const n = chain.newest.length
  const dearest = chain.converting.reduce(
    (most, count, state) => (count > 0 ? Math.max(most, at(chain.earning, state) / count) : most),
    0,
  )
  const low = { conversions: new Float64Array(n), value: new Float64Array(n) }
  const high = { conversions: new Float64Array(n).fill(1), value: new Float64Array(n).fill(dearest) }
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    spend.left -= 2 * chain.to.length
    if (spend.left < 0) return null
    const apart = { conversions: 0, value: 0 }
    const most = { conversions: 0, value: 0 }
    for (let state = n - 1; state >= 0; state--) {
      for (const series of [low, high]) {
        let converts = at(chain.converting, state)
        let earns = at(chain.earning, state)
        for (let edge = at(chain.first, state); edge < at(chain.first, state + 1); edge++) {
          const to = at(chain.to, edge)
          if (to === state) continue
          converts += at(chain.steps, edge) * at(series.conversions, to)
          earns += at(chain.steps, edge) * at(series.value, to)
        }
        series.conversions[state] = converts / at(chain.leaving, state)
        series.value[state] = earns / at(chain.leaving, state)
      }
      for (const figure of ['conversions', 'value'] as const) {
        apart[figure] = Math.max(apart[figure], at(high[figure], state) - at(low[figure], state))
        most[figure] = Math.max(most[figure], at(low[figure], state))
      }
    }
    if (apart.conversions <= PRECISION * most.conversions && apart.value <= PRECISION * most.value) return low
  }
  return null
}

/** What the journeys that ever reach the channel go on to bring. */
function reaching(
  chain: Chain,
  channel: number,
  rewards: Rewards,
  tolerance: number,
  journeys: number,
  spend: { left: number },
): Effect | null {
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
      const share = at(held, state)
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
    spend.left -= moved
    const underway = held.reduce((total, one) => total + one, 0)
    if (underway <= tolerance) return effect
    if (spend.left < 0) return null
  }
  return null
}
