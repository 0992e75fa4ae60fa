import { describe, expect, it } from 'vitest'
import { bytesWords, isActive, rateOf, statusOf, uncounted } from './words.ts'

describe('what an import says of itself', () => {
  it('is that it stops while a cancelled one still runs, and that it was cancelled afterwards', () => {
    expect(statusOf({ status: 'running', cancelling: true }).word).toBe('Stopping')
    expect(statusOf({ status: 'cancelled', cancelling: false }).word).toBe('Cancelled')
  })
  it('changes by itself only while it waits or runs', () => {
    const statuses = ['ready', 'queued', 'running', 'done', 'failed', 'cancelled'] as const
    expect(statuses.filter((status) => isActive({ status }))).toEqual(['queued', 'running'])
  })
  it('is that a count is still to come only until it has ended', () => {
    expect(uncounted({ status: 'running' })).toBe('counted at the end')
    expect(uncounted({ status: 'done' })).toContain('not known')
  })
  it('is a size with at most one digit after the point', () => {
    expect([0, 999, 1000, 1_250_000, 5_368_709_120].map(bytesWords)).toEqual([
      '0 bytes',
      '999 bytes',
      '1 KB',
      '1.3 MB',
      '5.4 GB',
    ])
  })
  it('is a rate only once there are two looks, and none when the count went back', () => {
    const first = { rowsDone: 1000, at: 0 }
    expect(rateOf(undefined, first)).toBeNull()
    expect(rateOf(first, { rowsDone: 5000, at: 2000 })).toBe(2000)
    expect(rateOf(first, { rowsDone: 0, at: 2000 })).toBeNull()
  })
})
