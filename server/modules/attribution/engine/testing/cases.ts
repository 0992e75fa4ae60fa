import { decide } from '../decide.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import type { AttributionSettings, Install, Touchpoint, Verdict } from '../types.ts'

/** Milliseconds. */
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** When the install of every case happens. */
export const NOW = Date.UTC(2026, 10, 1)
export const GAID = '6f1c9f60-1111-4222-8333-444455556666'

/** An install of an Android device. */
export const install = (more: Partial<Install> = {}): Install => ({
  deviceId: 'device-1',
  installTime: NOW,
  platform: 'android',
  advertisingId: GAID,
  ...more,
})
/** A click of the same device, so many milliseconds before the install. */
export const touch = (touchpointId: string, agoMs: number, more: Partial<Touchpoint> = {}): Touchpoint => ({
  touchpointId,
  touchpointType: 'click',
  touchpointTime: NOW - agoMs,
  mediaSource: 'google_ads',
  advertisingId: GAID,
  ...more,
})
/** A view of the same device. */
export const view = (id: string, agoMs: number, more: Partial<Touchpoint> = {}) =>
  touch(id, agoMs, { touchpointType: 'view', ...more })
export const settings = (more: Partial<AttributionSettings> = {}): AttributionSettings => ({
  ...DEFAULT_SETTINGS,
  ...more,
})

/** What the engine says. */
export const run = (one: Install, touchpoints: Touchpoint[], under = DEFAULT_SETTINGS) =>
  decide(one, touchpoints, under)
/** One touchpoint as the engine judged it. */
export const candidate = (verdict: Verdict, id: string) =>
  verdict.candidates.find(({ touchpoint }) => touchpoint.touchpointId === id)
