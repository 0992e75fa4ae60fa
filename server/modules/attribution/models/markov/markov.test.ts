import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inOnePiece } from '../stepwise.ts'
import type { MarkovOrder, PathRow } from '../types.ts'
import { type Chain, type Effect, fitChain, stepsOf } from './chain.ts'
import { effectsByElimination } from './eliminate.ts'
import { effectsByFlow } from './flow.ts'
import { ChainTooLarge, creditByMarkov, creditByMarkovSteps } from './index.ts'

const row = (path: string, conversions: number, nulls = 0, value = 0): PathRow => ({
  channels: path.split(' > '),
  conversions,
  nulls,
  value,
})
const PLENTY = 1e9

function flow(chain: Chain): Effect[] {
  const effects = inOnePiece(effectsByFlow(chain, PLENTY))
  if (!effects) throw new Error('the budget did not do')
  return effects
}

/** A row of paths from a seed: `channels` channels, some of them far more frequent than others. */
function rows(seed: number, paths: number, channels: number): PathRow[] {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: paths }, () => ({
    channels: Array.from({ length: 1 + Math.floor(random() * 8) }, () => `c${Math.floor(random() ** 2 * channels)}`),
    conversions: Math.floor(random() * 3),
    nulls: Math.floor(random() * 40),
    value: random() * 100,
  }))
}

/** Probability of a conversion from the start, channel by channel removed: states as text, stepped until nobody is left. */
function rateWithout(data: readonly PathRow[], order: MarkovOrder, removed: string | null): number {
  const out = new Map<string, Map<string, number>>()
  const count = (from: string, to: string, journeys: number) => {
    const targets = out.get(from) ?? new Map<string, number>()
    out.set(from, targets.set(to, (targets.get(to) ?? 0) + journeys))
  }
  for (const { channels, conversions, nulls } of data) {
    let history: string[] = []
    for (const channel of channels) {
      const next = [...history, channel].slice(-order)
      count(history.join('|'), next.join('|'), conversions + nulls)
      history = next
    }
    count(history.join('|'), 'CONVERSION', conversions)
    count(history.join('|'), 'NULL', nulls)
  }
  let now = new Map([['', 1]])
  let converted = 0
  for (let step = 0; step < 5000 && now.size > 0; step++) {
    const next = new Map<string, number>()
    for (const [from, share] of now) {
      const targets = out.get(from) ?? new Map<string, number>()
      const all = [...targets.values()].reduce((total, one) => total + one, 0)
      for (const [to, journeys] of targets) {
        const part = (share * journeys) / all
        if (to === 'CONVERSION') converted += part
        else if (to !== 'NULL' && to.split('|').at(-1) !== removed && part > 1e-16) {
          next.set(to, (next.get(to) ?? 0) + part)
        }
      }
    }
    now = next
  }
  return converted
}

describe('Markov of higher order', () => {
  // By hand. Order 2: start→a 1; a→ab 1; ab→conversion 1/2, ab→c 1/2 …; a journey forgets nothing of two touches:
  // after "a b" half convert, after "c b" all do. Order 1 would mix both b's.
  it('lets what came before the last touch matter', () => {
    const data = [row('a > b', 1, 1), row('c > b', 2)]
    const first = creditByMarkov(data, 1, true)
    const second = creditByMarkov(data, 2, true)
    // Order 1: P = 3/4; without a 3/8, without b 0, without c 3/8.
    expect(first.get('a')?.conversions).toBeCloseTo((3 * 3) / 8 / (3 / 8 + 3 / 4 + 3 / 8), 12)
    // Order 2: P = 1/2·1/2 + 1/2 = 3/4; without a 1/2, without b 0, without c 1/4: lost 1/4, 3/4, 1/2.
    expect(second.get('a')?.conversions).toBeCloseTo((3 * (1 / 4)) / 1.5, 12)
    expect(second.get('b')?.conversions).toBeCloseTo((3 * (3 / 4)) / 1.5, 12)
    expect(second.get('c')?.conversions).toBeCloseTo((3 * (1 / 2)) / 1.5, 12)
  })

  it.each([1, 2, 3] as const)(
    'of order %i agrees with removing each channel and stepping through the chain',
    (order) => {
      fc.assert(
        fc.property(fc.array(path, { minLength: 1, maxLength: 10 }), (data) => {
          const used = data.filter((one) => one.conversions + one.nulls > 0)
          const total = used.reduce((sum, one) => sum + one.conversions, 0)
          fc.pre(total > 0)
          const credit = creditByMarkov(used, order, true)
          const whole = rateWithout(used, order, null)
          const names = [...new Set(used.flatMap(({ channels }) => channels))]
          const lost = names.map((name) => whole - rateWithout(used, order, name))
          const all = lost.reduce((sum, one) => sum + one, 0)
          names.forEach((name, place) => {
            expect(credit.get(name)?.conversions ?? 0).toBeCloseTo(((lost[place] ?? 0) / all) * total, 8)
          })
        }),
        { numRuns: 40 },
      )
    },
  )

  it('of an order longer than every path is the same as of that length', () => {
    const data = rows(5, 30, 4).map((one) => ({ ...one, channels: one.channels.slice(0, 2) }))
    const [two, three] = [creditByMarkov(data, 2, true), creditByMarkov(data, 3, true)]
    for (const [name, credit] of two) expect(three.get(name)?.conversions).toBeCloseTo(credit.conversions, 12)
  })
})

const path: fc.Arbitrary<PathRow> = fc.record({
  channels: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 }),
  conversions: fc.integer({ min: 0, max: 20 }),
  value: fc.integer({ min: 0, max: 100 }),
  nulls: fc.integer({ min: 0, max: 20 }),
})

describe('both ways to the effects', () => {
  it.each([
    [1, true],
    [1, false],
    [2, true],
    [3, true],
    [3, false],
  ] as const)('agree to twelve digits, order %i, nulls %s', (order, withNulls) => {
    const chain = inOnePiece(fitChain(stepsOf(rows(7, 300, 8), order), order, withNulls))
    const [eliminated, followed] = [inOnePiece(effectsByElimination(chain)), flow(chain)]
    eliminated.forEach((effect, channel) => {
      expect((followed[channel]?.conversions ?? 0) / effect.conversions).toBeCloseTo(1, 12)
      expect((followed[channel]?.value ?? 0) / effect.value).toBeCloseTo(1, 12)
    })
  })

  // By hand: a→b always, b→a 999,999 times of a million, else conversion. Nobody converts without either.
  it('hold where a journey all but never leaves a loop', () => {
    const steps = [
      { history: [], next: 'a', conversions: 1, nulls: 0, value: 0 },
      { history: ['a'], next: 'b', conversions: 1_000_000, nulls: 0, value: 0 },
      { history: ['b'], next: 'a', conversions: 999_999, nulls: 0, value: 0 },
      { history: ['b'], next: null, conversions: 1, nulls: 0, value: 5 },
    ]
    const chain = inOnePiece(fitChain(steps, 1, false))
    expect(inOnePiece(effectsByFlow(chain, PLENTY))).toBeNull()
    for (const effect of inOnePiece(effectsByElimination(chain))) {
      expect(effect.conversions).toBeCloseTo(1, 13)
      expect(effect.value).toBeCloseTo(5, 12)
    }
  })
})

describe('large data', () => {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

  it.each([
    ['hundreds of channels', rows(11, 20_000, 300), 1],
    ['thousands of states of third order', rows(13, 3_000, 40), 3],
  ] as const)(
    'of %s is shared out to 1e-9',
    (_, data, order) => {
      const credits = [...creditByMarkov(data, order, true).values()]
      const total = (of: 'conversions' | 'value') => sum(data.map((one) => one[of]))
      expect(Math.abs(sum(credits.map((one) => one.conversions)) / total('conversions') - 1)).toBeLessThan(1e-9)
      expect(Math.abs(sum(credits.map((one) => one.value)) / total('value') - 1)).toBeLessThan(1e-9)
    },
    60_000,
  )

  it('that can be solved neither way is refused in words', () => {
    const up = Array.from({ length: 2_100 }, (_, place) => `c${place}`)
    const rounds = Array.from({ length: 40 }, () => [...up].reverse()).flat()
    const data = [{ channels: [...up, ...rounds], conversions: 1, nulls: 0, value: 0 }]
    expect(() => creditByMarkov(data, 1, false)).toThrow(/2100 states.*Group rare channels/)
  }, 60_000)

  it('is given up after the work that the caller allows, and solved with more', () => {
    const data = rows(13, 3_000, 40)
    const totals = { conversions: 1, value: 0 }
    const solve = (most?: number) => inOnePiece(creditByMarkovSteps(stepsOf(data, 3), totals, 3, true, most))
    expect(() => solve(10_000)).toThrow(ChainTooLarge)
    expect(solve().size).toBe(40)
  }, 60_000)
})
