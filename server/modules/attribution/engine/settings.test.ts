import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS, rulesFor, settingsInForce, settingsSchema } from './settings.ts'
import type { AttributionSettings } from './types.ts'

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
  ['a probabilistic window under an hour', { probabilisticWindowMs: HOUR - 1 }],
  ['a probabilistic window over 24 h', { probabilisticWindowMs: DAY + 1 }],
  ['an inactivity window between none and a day', { inactivityWindowMs: HOUR }],
  ['an inactivity window over 90 d', { inactivityWindowMs: 90 * DAY + 1 }],
  ['a re-engagement window over 30 d', { reengagementLookbackMs: 30 * DAY + 1 }],
  ['another model', { model: 'linear' }],
  ['an order that names a step twice', { priorities: ['recency', 'recency', 'match_type'] }],
  ['an order that leaves a step out', { priorities: ['recency', 'match_type'] }],
  ['a date that is none', { effectiveFrom: 'yesterday' }],
  ['a media source’s probabilistic window out of range', { perMediaSource: { x: { probabilisticWindowMs: 2 * DAY } } }],
  ['a media source’s window out of range', { perMediaSource: { google_ads: { clickLookbackMs: 1 } } }],
])('refuses %s', (_, more) => expect(settingsSchema.safeParse({ version: 1, ...more }).success).toBe(false))

it('keeps windows of single media sources', () => {
  const perMediaSource = { google_ads: { clickLookbackMs: 30 * DAY }, tiktok_ads: { viewLookbackMs: 3 * DAY } }
  expect(settingsSchema.parse({ version: 3, perMediaSource }).perMediaSource).toEqual(perMediaSource)
})

it('turns re-engagements off by an inactivity window of 0', () => {
  expect(settingsSchema.parse({ version: 1, inactivityWindowMs: 0 }).inactivityWindowMs).toBe(0)
})

it('reads a version that was saved before probabilistic matching as the defaults would have it', () => {
  const old = { version: 2, clickLookbackMs: 3 * DAY, viewLookbackMs: DAY, reinstallWindowMs: DAY, perMediaSource: {} }
  expect(settingsSchema.parse(old)).toEqual({ ...DEFAULT_SETTINGS, ...old })
})

describe('the rules of a media source', () => {
  const settings: AttributionSettings = {
    ...DEFAULT_SETTINGS,
    perMediaSource: { tiktok_ads: { viewThroughEnabled: false, probabilisticWindowMs: HOUR } },
  }
  it('are its own where it has some, and the app’s otherwise', () => {
    expect(rulesFor(settings, 'tiktok_ads')).toEqual({
      clickLookbackMs: 7 * DAY,
      viewLookbackMs: DAY,
      probabilisticWindowMs: HOUR,
      viewThroughEnabled: false,
      probabilisticEnabled: true,
    })
  })
  it('are the app’s for a name like an object’s own method', () => {
    expect(rulesFor(settings, 'constructor')).toEqual(rulesFor(settings, 'google_ads'))
  })
})

describe('the version in force', () => {
  const version = (number: number, effectiveFrom: string | null = null): AttributionSettings => ({
    ...DEFAULT_SETTINGS,
    version: number,
    effectiveFrom,
  })
  const at = (time: string) => Date.parse(time)
  const adopted = version(2, '2026-06-01T00:00:00.000Z')

  it('is the newest', () => {
    expect(settingsInForce([version(1), version(2), version(3)], at('2020-01-01T00:00:00Z')).version).toBe(3)
  })
  it('is an adopted one from its date on, and the one before it until then', () => {
    expect(settingsInForce([version(1), adopted], at('2026-06-01T00:00:00.000Z')).version).toBe(2)
    expect(settingsInForce([version(1), adopted], at('2026-05-31T23:59:59.999Z')).version).toBe(1)
  })
  it('is a later one without a date for every install, also of before', () => {
    expect(settingsInForce([version(1), adopted, version(3)], at('2020-01-01T00:00:00Z')).version).toBe(3)
  })
  it('follows several dates', () => {
    const versions = [version(1), adopted, version(3, '2026-09-01T00:00:00+02:00')] as const
    const numbers = ['2026-01-01', '2026-07-01', '2026-08-31T22:00:00Z'].map(
      (time) => settingsInForce([...versions], at(time)).version,
    )
    expect(numbers).toEqual([1, 2, 3])
  })
  it('is the first where none holds', () => {
    expect(settingsInForce([adopted], at('2020-01-01T00:00:00Z')).version).toBe(2)
  })
})
