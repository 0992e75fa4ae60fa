import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Patience } from './patience.ts'

const never = () => new Promise<void>(() => {})

describe('bounded waiting', () => {
  it('ends with the promise when that settles in time', async () => {
    await expect(new Patience(1_000, 'late').bounded(sleep(5).then(() => undefined))).resolves.toBeUndefined()
    await expect(new Patience(1_000, 'late').bounded(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  })

  it('gives up on each that takes too long, and on no other', async () => {
    const patience = new Patience(150, 'late')
    const started = performance.now()
    const slow = Array.from({ length: 50 }, () => patience.bounded(never()))
    const inTime = patience.bounded(sleep(50).then(() => undefined))
    const failed = await Promise.allSettled(slow)
    expect(failed.every((one) => one.status === 'rejected' && one.reason.message === 'late')).toBe(true)
    expect(performance.now() - started).toBeGreaterThanOrEqual(149)
    await expect(inTime).resolves.toBeUndefined()
  })

  it('does not outlast a failure that comes after it gave up', async () => {
    const broken = sleep(250).then(() => {
      throw new Error('later')
    })
    await expect(new Patience(50, 'late').bounded(broken)).rejects.toThrow('late')
    await sleep(300)
  })
})
