import { expect, it } from 'vitest'
import { claimedShare, daysToMs, hoursToMs, isFailing, msToDays, msToHours } from './facts.ts'

it('the claimed share is of what was answered, and unknown before the first answer', () => {
  expect(claimedShare({ claimed: 1, not_claimed: 3, failed: 9 })).toBe(0.25)
  expect(claimedShare({ claimed: 0, not_claimed: 0, failed: 9 })).toBeNull()
})

it('a network is failing while its last question went wrong, and not after a later answer', () => {
  const [early, late] = [new Date(1000), new Date(2000)]
  expect(isFailing({ lastAskedAt: late, lastErrorAt: late })).toBe(true)
  expect(isFailing({ lastAskedAt: null, lastErrorAt: early })).toBe(true)
  expect(isFailing({ lastAskedAt: late, lastErrorAt: early })).toBe(false)
  expect(isFailing({ lastAskedAt: late, lastErrorAt: null })).toBe(false)
})

it('windows come back from a form as they went in, and an empty field is no number', () => {
  expect(daysToMs(msToDays(7 * 86_400_000))).toBe(7 * 86_400_000)
  expect(hoursToMs(msToHours(24 * 3_600_000))).toBe(24 * 3_600_000)
  expect(daysToMs(' ')).toBeNaN()
})
