import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Credit,
  creditByModel,
  DEFAULT_PARAMETERS,
  MULTI_TOUCH_MODELS,
  type MultiTouchModel,
  type PathRow,
} from './index.ts'

const row = (path: string, conversions: number, value = 0, nulls = 0): PathRow => ({
  channels: path.split(' > '),
  conversions,
  value,
  nulls,
})

function conversions(rows: PathRow[], model: MultiTouchModel): Record<string, number> {
  return Object.fromEntries(
    Object.entries(creditByModel(rows, model)).map(([name, credit]) => [name, credit.conversions]),
  )
}

describe('models by place in the path', () => {
  const path = [row('a > b > a > c', 10, 100)]

  it('gives the first and the last touch everything', () => {
    expect(creditByModel(path, 'first_touch').a).toEqual({ conversions: 10, value: 100 })
    expect(creditByModel(path, 'last_touch').c).toEqual({ conversions: 10, value: 100 })
    expect(creditByModel(path, 'last_touch').a).toEqual({ conversions: 0, value: 0 })
  })

  it('counts a channel touched twice twice in the linear model', () => {
    expect(creditByModel(path, 'linear')).toEqual({
      a: { conversions: 5, value: 50 },
      b: { conversions: 2.5, value: 25 },
      c: { conversions: 2.5, value: 25 },
    })
  })

  it('gives 40 % to either end and 20 % to the middle, and halves to two touches', () => {
    const shares = conversions(path, 'position_based')
    expect(shares.a).toBeCloseTo(5)
    expect(shares.b).toBeCloseTo(1)
    expect(shares.c).toBeCloseTo(4)
    expect(conversions([row('a > b', 3)], 'position_based')).toEqual({ a: 1.5, b: 1.5 })
  })

  it('gives the ends and the middle the weights that were set, and halves to two touches all the same', () => {
    const parameters = { ...DEFAULT_PARAMETERS, positionWeights: { first: 0.5, middle: 0.3, last: 0.2 } }
    const shares = creditByModel([row('a > b > c > d', 10)], 'position_based', parameters)
    expect(Object.values(shares).map((share) => share.conversions)).toEqual([5, 1.5, 1.5, 2])
    expect(creditByModel([row('a > b', 3)], 'position_based', parameters).a?.conversions).toBe(1.5)
  })

  it('halves a share with every half-life before the conversion, by the days there were', () => {
    const aged = { ...row('a > b', 3), ages: [9, 3] }
    const parameters = { ...DEFAULT_PARAMETERS, halfLifeDays: 6 }
    expect(creditByModel([aged], 'time_decay', parameters).a?.conversions).toBeCloseTo(1, 12)
    expect(creditByModel([aged], 'time_decay', parameters).b?.conversions).toBeCloseTo(2, 12)
  })

  it('shares out a journey that lies a thousand half-lives back', () => {
    const old = { ...row('a > b', 1), ages: [200_000, 199_993] }
    expect(creditByModel([old], 'time_decay').a?.conversions).toBeCloseTo(1 / 3, 12)
  })

  it('gives a touch seven steps before the last half of its share', () => {
    const shares = conversions([row('a > x > x > x > x > x > x > z', 1)], 'time_decay')
    expect((shares.a ?? 0) / (shares.z ?? 1)).toBeCloseTo(0.5, 12)
  })
})

describe('Markov', () => {
  // By hand. Converting journeys only: start→a 1; a→b 1/2, a→conversion 1/2; b→conversion 1.
  // Without a nothing converts (effect 1); without b half is lost (effect 1/2): shares 2/3 and 1/3 of 2 conversions.
  it('shares converting journeys by removal effects', () => {
    const shares = conversions([row('a', 1), row('a > b', 1)], 'markov')
    expect(shares.a).toBeCloseTo(4 / 3, 12)
    expect(shares.b).toBeCloseTo(2 / 3, 12)
  })

  // By hand. Start→a 2/3, start→b 1/3; a→b 1/2, a→null 1/2; b→conversion 1/2, b→null 1/2.
  // P(conversion) = P(b)·1/2 = (1/3 + 2/3·1/2)/2 = 1/3. Without a: 1/6 (effect 1/2). Without b: 0 (effect 1).
  it('lets journeys without conversion shape the chain when asked', () => {
    const rows = [row('a > b', 1, 30), row('a', 0, 0, 1), row('b', 0, 0, 1)]
    const shares = creditByModel(rows, 'markov_with_nulls')
    expect(shares.a?.conversions).toBeCloseTo(1 / 3, 12)
    expect(shares.b?.conversions).toBeCloseTo(2 / 3, 12)
    expect(shares.b?.value).toBeCloseTo(20, 12)
    expect(conversions(rows, 'markov').a).toBeCloseTo(0.5, 12)
  })

  // By hand: loop a→b→a. Start→a 1; a→b 2/3, a→conversion 1/3; b→a 1/2, b→conversion 1/2. P(conversion) 1 always.
  // Without a: 0. Without b: conversion straight out of a, 1/3: effect of b 2/3. Shares of 2: 6/5 and 4/5.
  it('solves journeys that come back to a channel', () => {
    const shares = conversions([row('a > b > a', 1), row('a > b', 1)], 'markov')
    expect(shares.a).toBeCloseTo(6 / 5, 12)
    expect(shares.b).toBeCloseTo(4 / 5, 12)
  })

  // Value follows the last channel: a earns 1 alone, b 9 after a. Without b only a's own value 1 of 10 is left.
  it('weighs value by the channel that converts', () => {
    const shares = creditByModel([row('a', 1, 1), row('a > b', 1, 9)], 'markov')
    expect(shares.a?.value).toBeCloseTo(10 / 1.9, 12)
    expect(shares.b?.value).toBeCloseTo(9 / 1.9, 12)
  })

  it('shares out value that a row has without conversions', () => {
    const shares = creditByModel([row('a', 1, 4), row('b', 1, 4), row('c', 0, 8)], 'markov')
    expect([shares.a?.value, shares.b?.value, shares.c?.value]).toEqual([8, 8, 0])
  })

  it('agrees with removing each channel from the chain and solving it anew', () => {
    fc.assert(
      fc.property(fc.array(pathRow, { minLength: 1, maxLength: 12 }), (rows) => {
        const credit = creditByModel(rows, 'markov_with_nulls')
        const whole = rate(rows, undefined)
        const names = Object.keys(credit)
        const lost = names.map((name) => whole - rate(rows, name))
        const sum = lost.reduce((total, one) => total + one, 0)
        const all = rows.reduce((total, one) => total + one.conversions, 0)
        names.forEach((name, place) => {
          expect(credit[name]?.conversions ?? 0).toBeCloseTo(sum > 0 ? ((lost[place] ?? 0) / sum) * all : 0, 6)
        })
      }),
      { numRuns: 60 },
    )
  })
})

/** Conversion rate of the chain by repeated stepping, a removed channel leading to null: an independent way to the effect. */
function rate(rows: PathRow[], removed: string | undefined): number {
  const steps = new Map<string, Map<string, number>>()
  const count = (from: string, to: string, journeys: number) => {
    const targets = steps.get(from) ?? new Map<string, number>()
    steps.set(from, targets.set(to, (targets.get(to) ?? 0) + journeys))
  }
  for (const { channels, conversions: won, nulls } of rows) {
    if (won + nulls === 0) continue
    const names = channels.map((name) => `c:${name}`)
    ;['start', ...names].forEach((from, place) => {
      const to = names[place]
      if (to !== undefined) count(from, to, won + nulls)
      else {
        count(from, 'conversion', won)
        count(from, 'null', nulls)
      }
    })
  }
  let now = new Map([['start', 1]])
  let converted = 0
  for (let step = 0; step < 3000 && now.size > 0; step++) {
    const next = new Map<string, number>()
    for (const [from, chance] of now) {
      const targets = steps.get(from) ?? new Map<string, number>()
      const all = [...targets.values()].reduce((total, one) => total + one, 0)
      for (const [to, journeys] of targets) {
        const share = (chance * journeys) / all
        if (to === 'conversion') converted += share
        else if (to !== 'null' && to !== `c:${removed}` && share > 1e-15) next.set(to, (next.get(to) ?? 0) + share)
      }
    }
    now = next
  }
  return converted
}

describe('Shapley', () => {
  // By hand: v({a}) = 6, v({b}) = 0, v({a,b}) = 6 + 4. a: (6 + 10)/2 = 8, b: (0 + 4)/2 = 2.
  it('is the mean of what a channel adds over all orders of joining', () => {
    expect(conversions([row('a', 6), row('b > a > b', 4)], 'shapley')).toEqual({ a: 8, b: 2 })
  })

  it('agrees with the definition over all coalitions', () => {
    fc.assert(
      fc.property(fc.array(pathRow, { minLength: 1, maxLength: 10 }), (rows) => {
        const credit = conversions(rows, 'shapley')
        for (const [name, share] of Object.entries(credit)) expect(share).toBeCloseTo(byDefinition(rows, name), 6)
      }),
      { numRuns: 60 },
    )
  })

  it('does not depend on the order of touches', () => {
    fc.assert(
      fc.property(fc.array(pathRow, { minLength: 1, maxLength: 10 }), (rows) => {
        const turned = rows.map((one) => ({ ...one, channels: [...one.channels].reverse() }))
        const [before, after] = [conversions(rows, 'shapley'), conversions(turned, 'shapley')]
        for (const name of Object.keys(before)) expect(after[name]).toBeCloseTo(before[name] ?? Number.NaN, 9)
      }),
    )
  })
})

/** Σ over coalitions S without the channel: |S|! (n-|S|-1)! / n! · (v(S + channel) - v(S)). */
function byDefinition(rows: PathRow[], channel: string): number {
  const players = [...new Set(rows.flatMap((one) => one.channels))]
  const others = players.filter((player) => player !== channel)
  const worth = (set: Set<string>) =>
    rows.reduce((total, one) => total + (one.channels.every((name) => set.has(name)) ? one.conversions : 0), 0)
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  let sum = 0
  for (let bits = 0; bits < 2 ** others.length; bits++) {
    const set = new Set(others.filter((_, place) => (bits >> place) & 1))
    const weight = (factorial(set.size) * factorial(players.length - set.size - 1)) / factorial(players.length)
    sum += weight * (worth(new Set([...set, channel])) - worth(set))
  }
  return sum
}

const pathRow: fc.Arbitrary<PathRow> = fc.record({
  channels: fc.array(fc.constantFrom('a', 'b', 'c', 'd', '__proto__'), { minLength: 1, maxLength: 5 }),
  conversions: fc.integer({ min: 0, max: 50 }),
  // Also beside no conversion: data has such rows.
  value: fc.integer({ min: 0, max: 1000 }),
  nulls: fc.integer({ min: 0, max: 50 }),
})

describe.each(MULTI_TOUCH_MODELS)('%s', (model) => {
  it('neither loses nor invents conversions or value, and names every channel', () => {
    fc.assert(
      fc.property(fc.array(pathRow, { minLength: 1, maxLength: 20 }), (rows) => {
        const credit = creditByModel(rows, model)
        const total = (of: (one: Credit) => number) => Object.values(credit).reduce((sum, one) => sum + of(one), 0)
        expect(total((one) => one.conversions)).toBeCloseTo(
          rows.reduce((sum, one) => sum + one.conversions, 0),
          9,
        )
        expect(total((one) => one.value)).toBeCloseTo(
          rows.reduce((sum, one) => sum + one.value, 0),
          9,
        )
        expect(new Set(Object.keys(credit))).toEqual(new Set(rows.flatMap((one) => one.channels)))
        for (const one of Object.values(credit))
          expect(Math.min(one.conversions, one.value)).toBeGreaterThanOrEqual(-1e-9)
      }),
    )
  })

  it('gives the only channel everything', () => {
    const only = creditByModel([row('a > a', 3, 12, 5), row('a', 1, 4)], model).a
    expect(only?.conversions).toBeCloseTo(4, 9)
    expect(only?.value).toBeCloseTo(16, 9)
  })

  it('answers data without any conversion with zeros', () => {
    expect(creditByModel([row('a > b', 0, 0, 9)], model)).toEqual({
      a: { conversions: 0, value: 0 },
      b: { conversions: 0, value: 0 },
    })
  })
})
