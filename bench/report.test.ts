import { expect, it } from 'vitest'
import { median, percentile, rate, slopePerMinute, time } from './report.ts'

it('takes the nearest rank as percentile', () => {
  expect([percentile([5, 1, 3, 2, 4], 0.95), percentile([1, 2, 3, 4], 0.5), median([9, 1, 5])]).toEqual([5, 2, 5])
})

it('gives ratios above one where the product is better than its baseline, for rates and for times', () => {
  expect(rate('a', 'events_per_s', 200, '1/s', 100).ratio).toBe(2)
  expect(time('a', 'p95_ms', 50, 'ms', 100).ratio).toBe(2)
})

it('finds the slope of values that grow evenly, and none in values that stay', () => {
  const at = (value: (minute: number) => number) => [0, 1, 2, 3].map((minute) => ({ minute, value: value(minute) }))
  expect(slopePerMinute(at((minute) => 100 + 2.5 * minute))).toBeCloseTo(2.5)
  expect(slopePerMinute(at(() => 100))).toBe(0)
})
