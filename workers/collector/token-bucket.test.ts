import { describe, expect, it } from 'vitest'
import { LocalBuckets } from './token-bucket.ts'

function buckets(perSecond: number) {
  let now = 0
  return {
    own: new LocalBuckets(perSecond, () => now),
    pass: (ms: number) => {
      now += ms
    },
  }
}

describe('LocalBuckets', () => {
  it('grants a full bucket at once, then as much as has come back', () => {
    const { own, pass } = buckets(10)
    expect(own.take('a', 10)).toEqual({ granted: true, remaining: 0, waitMs: 0 })
    expect(own.take('a', 1)).toEqual({ granted: false, remaining: 0, waitMs: 100 })
    pass(350)
    expect(own.take('a', 3)).toEqual({ granted: true, remaining: 0, waitMs: 0 })
    expect(own.take('a', 1).granted).toBe(false)
  })

  it('never grants more than the rate over any stretch, beside one bucket', () => {
    const { own, pass } = buckets(100)
    let granted = 0
    for (let tick = 0; tick < 1000; tick += 1) {
      while (own.take('a', 7).granted) granted += 7
      pass(10)
    }
    expect(granted).toBeLessThanOrEqual(100 + 10 * 100)
    expect(granted).toBeGreaterThan(950)
  })

  it('takes nothing for what it refuses', () => {
    const { own } = buckets(10)
    expect(own.take('a', 11)).toMatchObject({ granted: false, remaining: 10 })
    expect(own.take('a', 10).granted).toBe(true)
  })

  it('keeps callers apart, and says how long one must wait without counting', () => {
    const { own } = buckets(10)
    own.take('a', 10)
    expect([own.emptyFor('a'), own.emptyFor('a'), own.emptyFor('b')]).toEqual([100, 100, 0])
    expect(own.take('b', 10).granted).toBe(true)
  })

  it('forgets callers whose buckets are full again, so that addresses never seen again cost no memory', () => {
    const { own, pass } = buckets(10)
    for (let caller = 0; caller < 10_000; caller += 1) own.take(`caller ${caller}`, 1)
    pass(1_000)
    own.take('one more', 1)
    expect(own.size).toBe(1)
  })
})
