import { expect, it } from 'vitest'
import { DEFAULT_SETTINGS, settingsSchema } from './settings.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

it('has the field’s defaults', () => {
  expect(DEFAULT_SETTINGS).toEqual({
    version: 1,
    clickLookbackMs: 7 * DAY,
    viewLookbackMs: DAY,
    probabilisticEnabled: true,
    probabilisticWindowMs: 6 * HOUR,
    reinstallWindowMs: 90 * DAY,
    inactivityWindowMs: 7 * DAY,
    reengagementLookbackMs: 7 * DAY,
    model: 'last_touch',
    priorities: ['touchpoint_type', 'match_type', 'recency'],
    perMediaSource: {},
    effectiveFrom: null,
  })
})

it.each([
  ['a click window under a day', { clickLookbackMs: DAY - 1 }],
  ['a click window over 30 d', { clickLookbackMs: 30 * DAY + 1 }],
  ['a view window under an hour', { viewLookbackMs: 3_599_999 }],
  ['a view window over 72 h', { viewLookbackMs: 3 * DAY + 1 }],
  ['a negative reinstall window', { reinstallWindowMs: -1 }],
  ['a fraction of a millisecond', { clickLookbackMs: DAY + 0.5 }],
  ['a version below 1', { version: 0 }],
  ['a media source’s window out of range', { perMediaSource: { google_ads: { clickLookbackMs: 1 } } }],
])('refuses %s', (_, more) => expect(settingsSchema.safeParse({ version: 1, ...more }).success).toBe(false))

it('keeps windows of single media sources', () => {
  const perMediaSource = { google_ads: { clickLookbackMs: 30 * DAY }, tiktok_ads: { viewLookbackMs: 3 * DAY } }
  expect(settingsSchema.parse({ version: 3, perMediaSource }).perMediaSource).toEqual(perMediaSource)
})
