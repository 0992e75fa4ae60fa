import { expect, it } from 'vitest'
import { median, percentile, rate, time } from './report.ts'

it('takes the nearest rank as percentile', () => {
  expect([percentile([5, 1, 3, 2, 4], 0.95), percentile([1, 2, 3, 4], 0.5), median([9, 1, 5])]).toEqual([5, 2, 5])
})

it('gives ratios above one where the product is better than its baseline, for rates and for times', () => {
  expect(rate('a', 'events_per_s', 200, '1/s', 100).ratio).toBe(2)
  expect(time('a', 'p95_ms', 50, 'ms', 100).ratio).toBe(2)
})
