import { expect, it } from 'vitest'
import { durationWords, windowWords } from './durations.ts'

const HOUR = 3_600_000

it.each([
  [0, '0 s'],
  [400, '0.4 s'],
  [61_000, '1 min 1 s'],
  [3 * HOUR, '3 h'],
  [26 * HOUR + 60_000, '1 d 2 h'],
  [24 * HOUR + 60_000, '1 d'],
  [-90_000, '1 min 30 s'],
])('writes %i ms as %s', (ms, text) => expect(durationWords(ms)).toBe(text))

it.each([
  [HOUR, '1 hour'],
  [24 * HOUR, '24 hours'],
  [36 * HOUR, '36 hours'],
  [168 * HOUR, '7 days'],
])('writes a window of %i ms as %s', (ms, text) => expect(windowWords(ms)).toBe(text))
