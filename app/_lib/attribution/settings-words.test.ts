import { expect, it } from 'vitest'
import { settingsFieldWords, settingsValueWords } from './settings-words.ts'

const HOUR = 3_600_000

it.each([
  ['viewLookbackMs', 'View window'],
  ['perMediaSource.a.b.clickLookbackMs', 'Click window of a.b'],
  ['perMediaSource.x.viewThroughEnabled', 'Views of x'],
  ['inactivityWindowMs', 'Inactivity window'],
])('names the field %s: %s', (field, words) => expect(settingsFieldWords(field)).toBe(words))

it.each([
  ['clickLookbackMs', 168 * HOUR, '7 days'],
  ['inactivityWindowMs', 0, 'off'],
  ['reinstallWindowMs', 0, 'none'],
  ['probabilisticEnabled', false, 'off'],
  ['perMediaSource.x.clickLookbackMs', null, 'the app’s'],
  ['perMediaSource.x.viewThroughEnabled', null, 'on'],
  ['model', 'first_touch', 'First touch'],
  ['priorities', 'match_type, touchpoint_type, recency', 'The stronger match, then clicks before views, then time'],
  ['effectiveFrom', null, 'no date'],
  ['effectiveFrom', '2026-11-20T23:00:00Z', 'Nov 21, 2026, 00:00:00'],
] as const)('writes %s %j as %s', (field, value, words) =>
  expect(settingsValueWords(field, value, 'Europe/Berlin')).toBe(words),
)
