import { describe, expect, it } from 'vitest'
import { retry } from './retry.ts'

describe('retry', () => {
  it('waits longer after each failure, up to the longest wait, and returns the first success', async () => {
    const waits: number[] = []
    const result = await retry(
      async (attempt) => {
        if (attempt < 6) throw new Error('away')
        return attempt
      },
      { initialMs: 1, maxMs: 8, random: () => 1, onRetry: (_, __, waitMs) => waits.push(waitMs) },
    )
    expect(result).toBe(6)
    expect(waits).toEqual([1, 2, 4, 8, 8])
  })

  it('never waits less than half the ceiling nor more than it', async () => {
    const waits: number[] = []
    for (const random of [0, 0.5, 0.999]) {
      await retry(
        async (attempt) => {
          if (attempt === 1) throw new Error('away')
        },
        { initialMs: 20, random: () => random, onRetry: (_, __, waitMs) => waits.push(waitMs) },
      )
    }
    expect(waits).toEqual([10, 15, 20])
  })

  it('gives up after the last attempt, and at once on an error that is not transient', async () => {
    let calls = 0
    const fail = async () => {
      calls += 1
      throw new Error(`failure ${calls}`)
    }
    await expect(retry(fail, { initialMs: 1, attempts: 3 })).rejects.toThrow('failure 3')
    await expect(retry(fail, { initialMs: 1, isTransient: () => false })).rejects.toThrow('failure 4')
  })

  it('ends its waiting when aborted', async () => {
    const abort = new AbortController()
    const started = performance.now()
    const result = retry(() => Promise.reject(new Error('away')), { initialMs: 60_000, signal: abort.signal })
    setTimeout(() => abort.abort(), 20)
    await expect(result).rejects.toThrow()
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
