import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { inOnePiece, type Stepwise } from '../models/index.ts'
import { checkedPatterns, type DrivenCredits, drivenCredits } from './driven.ts'
import { END } from './journeys.ts'
import { MARK, MOST_CHANNELS, MOST_STEPS } from './sums.ts'
import { Turns } from './turns.ts'

/** Counts to `steps`, and says so. */
function* counting(steps: number, done: () => void = () => undefined): Stepwise<number> {
  for (let step = 0; step < steps; step++) yield
  done()
  return steps
}

describe('turns', () => {
  it('let a short computation finish before a long one that came first', async () => {
    const turns = new Turns({ turnMs: 1 })
    const order: string[] = []
    const long = turns.run(counting(5_000_000, () => order.push('long')))
    const short = turns.run(counting(10, () => order.push('short')))
    expect(await Promise.all([long, short])).toEqual([5_000_000, 10])
    expect(order).toEqual(['short', 'long'])
  })

  it('pass on what a computation throws, and go on with the next', async () => {
    const turns = new Turns()
    const failing = turns.run(
      (function* (): Stepwise<number> {
        yield
        throw new Error('nothing to divide by')
      })(),
    )
    const next = turns.run(counting(3))
    await expect(failing).rejects.toThrow('nothing to divide by')
    expect(await next).toBe(3)
  })

  it('refuse a computation beyond the most that may wait, and say when to come again', async () => {
    const turns = new Turns({ atOnce: 2 })
    const two = [turns.run(counting(100)), turns.run(counting(100))]
    await expect(turns.run(counting(1))).rejects.toMatchObject({ code: 'unavailable', retryAfter: 30 })
    expect(await Promise.all(two)).toEqual([100, 100])
    expect(await turns.run(counting(1))).toBe(1)
  })

  it('end a computation that takes longer than it may', async () => {
    const turns = new Turns({ turnMs: 1, deadlineMs: 20 })
    await expect(turns.run(counting(Number.POSITIVE_INFINITY))).rejects.toMatchObject({ code: 'unavailable' })
    expect(await turns.run(counting(1))).toBe(1)
  })

  it('give up a computation that nobody waits for any more', async () => {
    const turns = new Turns({ turnMs: 1, atOnce: 1 })
    const gone = new AbortController()
    const given = turns.run(counting(Number.POSITIVE_INFINITY), gone.signal)
    await sleep(5)
    gone.abort()
    await expect(given).rejects.toMatchObject({ code: 'unavailable' })
    expect(await turns.run(counting(1))).toBe(1)
  })

  it('never begin for somebody who has gone already', async () => {
    const turns = new Turns()
    let done = false
    const work = counting(1, () => {
      done = true
    })
    await expect(turns.run(work, AbortSignal.abort())).rejects.toMatchObject({ code: 'unavailable' })
    await sleep(5)
    expect(done).toBe(false)
  })
})

describe('a shared computation', () => {
  it('is done once for all who ask meanwhile, and for those who ask later', async () => {
    const turns = new Turns()
    let times = 0
    const ask = (key: string) => turns.share(key, () => counting(10, () => (times += 1)))
    expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual([10, 10, 10])
    await ask('a')
    expect(times).toBe(2)
  })

  it('goes on for whoever is left when another leaves, and ends with the last', async () => {
    const turns = new Turns({ turnMs: 1, atOnce: 1 })
    const [first, second] = [new AbortController(), new AbortController()]
    let times = 0
    const ask = (signal?: AbortSignal) => turns.share('a', () => counting(300_000, () => (times += 1)), signal)
    const left = ask(first.signal)
    const stayed = ask(second.signal)
    first.abort()
    await expect(left).rejects.toMatchObject({ code: 'unavailable' })
    expect(await stayed).toBe(300_000)
    expect(times).toBe(1)

    const endless = () => counting(Number.POSITIVE_INFINITY)
    const both = [first, second].map(() => new AbortController())
    const asked = both.map(({ signal }) => turns.share('endless', endless, signal))
    for (const one of both) one.abort()
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'unavailable' })
    // It left its place to others, and nobody is told that it was cancelled who asks anew.
    expect(await turns.share('endless', () => counting(7))).toBe(7)
  })

  it('remembers an error of the computation, but not that there was no time for it', async () => {
    const turns = new Turns({ turnMs: 1, deadlineMs: 20 })
    let times = 0
    const failing = () =>
      (function* (): Stepwise<number> {
        times += 1
        yield
        throw new Error('too large')
      })()
    await expect(turns.share('a', failing)).rejects.toThrow('too large')
    await expect(turns.share('a', failing)).rejects.toThrow('too large')
    expect(times).toBe(1)
    const endless = () => counting(Number.POSITIVE_INFINITY)
    await expect(turns.share('b', endless)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await turns.share('b', () => counting(2))).toBe(2)
  })

  it('is forgotten when many others were asked for since', async () => {
    const turns = new Turns({ remembered: 2 })
    let times = 0
    const ask = (key: string) => turns.share(key, () => counting(1, () => (times += 1)))
    for (const key of ['a', 'b', 'a', 'c', 'a']) await ask(key)
    expect(times).toBe(3)
    await ask('b')
    expect(times).toBe(4)
  })

  it('remembers what came out, and not what it was computed from', async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    function* summing(rows: readonly number[]): Stepwise<number> {
      yield
      return rows.reduce((sum, one) => sum + one, 0)
    }
    const turns = new Turns()
    const ask = () => {
      const rows = [1, 2, 3]
      return { given: new WeakRef(rows), result: turns.share('a', () => summing(rows)) }
    }
    const { given, result } = ask()
    expect(await result).toBe(6)
    await sleep(1)
    collect()
    expect(given.deref()).toBeUndefined()
    expect(await turns.share('a', () => counting(1))).toBe(6)
  })
})

/** Rows as the store gives them for as many channels and different steps of third order as there may be. */
function worstPatterns(): unknown[] {
  let seed = 7
  const random = (most: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * most)
  }
  const channels = MOST_CHANNELS + 1
  const row = (oldest: number, older: number, newest: number, next: number) => {
    const [conversions, nulls] = [1 + random(5), random(50)]
    return { oldest, older, newest, next, conversions, nulls, value: conversions * 7 }
  }
  const rows = Array.from({ length: channels }, (_, at) => row(MARK, 0, 1 + random(5), at + 1))
  for (let at = 1; at <= channels; at++) rows.push(row(0, 0, 0, at), row(0, 0, at, 1 + random(channels)))
  // Journeys that wander on from where they are, so that their steps fit together.
  let [oldest, older, newest] = [1, 2, 3]
  while (rows.length < channels + MOST_STEPS) {
    const ends = random(8) === 0
    rows.push(row(oldest, older, newest, ends ? END : 1 + random(channels)))
    const next = rows.at(-1)?.next ?? 1
    ;[oldest, older, newest] = ends ? [random(60) + 1, random(20) + 1, random(5) + 1] : [older, newest, next]
  }
  return rows
}

/** Rows of second order between so many channels that the chain can just be eliminated; hardly any journey ends. */
function loopingPatterns(): unknown[] {
  const channels = Array.from({ length: 27 }, (_, at) => at + 1)
  const row = (oldest: number, older: number, newest: number, next: number, conversions: number) => {
    return { oldest, older, newest, next, conversions, nulls: 0, value: next === END ? conversions : 0 }
  }
  return channels.flatMap((a) => [
    row(MARK, 0, 1, a, 1),
    row(0, 0, 0, a, 27),
    ...channels.flatMap((b) => [
      row(0, 0, a, b, 1),
      row(0, a, b, END, 1),
      ...channels.map((c) => row(0, a, b, c, 100_000 + ((a * 7 + b * 3 + c) % 11))),
    ]),
  ])
}

/**
 * The longest stretch, in ms, in which nothing else could run in the process: `computed` by what the thread itself computed,
 * `waited` by the clock, which others who take the machine move on too.
 */
async function longestBlock(work: () => Promise<unknown>): Promise<{ computed: number; waited: number }> {
  const loop = monitorEventLoopDelay({ resolution: 5 })
  const used = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let [computed, last, over] = [0, used(), false]
  const look = () => {
    const now = used()
    computed = Math.max(computed, now - last)
    last = now
    if (!over) setImmediate(look)
  }
  loop.enable()
  look()
  await sleep(30)
  await work()
  await sleep(30)
  over = true
  loop.disable()
  return { computed, waited: loop.max / 1e6 }
}

describe('the most that a question may ask', () => {
  it.each([
    ['as many channels and steps of third order as there may be', worstPatterns, 3, []],
    ['journeys that all but never leave their loops', loopingPatterns, 2, ['markov', 'markov_with_nulls']],
  ] as const)(
    'keeps the process from its other requests for no tenth of a second, where in one piece it would for long: %s',
    { timeout: 120_000 },
    async (_name, patterns, order, solved) => {
      const found = patterns()
      const turns = new Turns({ deadlineMs: 60_000 })
      const answers: DrivenCredits[] = []
      const inTurns = await longestBlock(async () => {
        const { rows, digest } = await turns.run(checkedPatterns(found))
        answers.push(await turns.share(digest, () => drivenCredits(rows, order)))
      })
      const atOnce = await longestBlock(async () => {
        answers.push(inOnePiece(drivenCredits(inOnePiece(checkedPatterns(found)).rows, order)))
      })
      expect(answers[0]?.models.map(([model]) => model)).toEqual(['shapley', ...solved])
      expect(answers[0]).toEqual(answers[1])
      expect(atOnce.computed).toBeGreaterThan(400)
      expect(inTurns.computed).toBeLessThan(100)
      expect(inTurns.waited).toBeLessThan(atOnce.waited / 2)
    },
  )
})
