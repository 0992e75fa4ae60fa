import { describe, expect, it } from 'vitest'
import { decideReengagement } from './reengagement.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { AttributionSettings, Return, Touchpoint } from './types.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 10, 1)

const back = (more: Partial<Return> = {}): Return => ({
  deviceId: 'device-1',
  time: NOW,
  platform: 'android',
  reported: false,
  advertisingId: 'gaid-1',
  ...more,
})
const click = (touchpointId: string, agoMs: number, more: Partial<Touchpoint> = {}): Touchpoint => ({
  touchpointId,
  touchpointType: 'click',
  touchpointTime: NOW - agoMs,
  mediaSource: 'meta_ads',
  advertisingId: 'gaid-1',
  isRetargeting: true,
  ...more,
})
const run = (
  touchpoints: Touchpoint[],
  { one = back(), silentMs = (20 * DAY) as number | null, under = DEFAULT_SETTINGS as AttributionSettings } = {},
) => decideReengagement(one, silentMs === null ? null : NOW - silentMs, touchpoints, under)
const refusals = (verdict: ReturnType<typeof run>) => verdict.candidates.map(({ refusedBy }) => refusedBy)

describe('a re-engagement', () => {
  it('is a retargeting click by a device that was silent', () => {
    const verdict = run([click('a', HOUR)])
    expect(verdict).toMatchObject({
      outcome: 'attributed',
      reason: 'click_won',
      conversionType: 'reengagement',
      matchType: 'device_id',
      inactiveForMs: 20 * DAY,
    })
    expect(verdict.winner?.touchpoint.touchpointId).toBe('a')
  })
  it('counts after exactly the inactivity window, and not 1 ms before', () => {
    expect(run([click('a', HOUR)], { silentMs: 7 * DAY }).outcome).toBe('attributed')
    expect(run([click('a', HOUR)], { silentMs: 7 * DAY - 1 })).toMatchObject({
      outcome: 'organic',
      reason: 'still_active',
    })
  })
  it('is none of a device of which nothing is known', () => {
    expect(run([click('a', HOUR)], { silentMs: null })).toMatchObject({ reason: 'still_active', inactiveForMs: null })
  })
  it('is none where the settings turn them off', () => {
    const under = { ...DEFAULT_SETTINGS, inactivityWindowMs: 0 }
    expect(run([click('a', HOUR)], { under })).toMatchObject({ outcome: 'organic', reason: 'reengagements_off' })
  })
  it('is none without a click', () => {
    expect(run([])).toMatchObject({ outcome: 'organic', reason: 'nothing_matched', winner: null })
  })
  it.each([
    ['a view', click('a', HOUR, { touchpointType: 'view' }), 'not_a_click'],
    ['a click of no retargeting', click('a', HOUR, { isRetargeting: false }), 'not_retargeting'],
    ['a click 1 ms beyond the window', click('a', 7 * DAY + 1), 'outside_reengagement_window'],
    ['a click after the return', click('a', -1), 'after_install'],
    ['a click of somebody else', click('a', HOUR, { advertisingId: 'gaid-2' }), 'no_match'],
    ['a click behind the same address', click('a', HOUR, { advertisingId: null, ip: '203.0.113.7' }), 'no_match'],
  ])('is not earned by %s', (_, touchpoint, refusedBy) => {
    const verdict = run([touchpoint])
    expect(verdict.outcome).toBe('organic')
    expect(refusals(verdict)).toEqual([refusedBy])
  })
  it('is not earned by a click that the device already followed', () => {
    const under = { ...DEFAULT_SETTINGS, reengagementLookbackMs: 30 * DAY }
    expect(refusals(run([click('a', 20 * DAY + 1)], { under }))).toEqual(['before_last_activity'])
    expect(refusals(run([click('a', 20 * DAY)], { under }))).toEqual([null])
  })
  it('is earned by any click where the app itself reports it', () => {
    const one = back({ reported: true, clickId: 'a' })
    const verdict = run([click('a', HOUR, { isRetargeting: false, advertisingId: null })], { one })
    expect(verdict).toMatchObject({ outcome: 'attributed', matchType: 'click_id' })
  })
  it('takes the click the device names, before a later one of the same device, and the last of equals', () => {
    const one = back({ clickId: 'named' })
    expect(run([click('later', HOUR), click('named', 2 * HOUR)], { one }).winner?.touchpoint.touchpointId).toBe('named')
    expect(run([click('later', HOUR), click('b', 2 * HOUR)]).winner?.touchpoint.touchpointId).toBe('later')
  })
  it('forgives a device clock that is behind, of the click it names', () => {
    const verdict = run([click('a', -HOUR)], { one: back({ clickId: 'a' }) })
    expect(verdict.ruleHits).toEqual([{ rule: 'clock_behind', touchpointId: 'a', value: String(HOUR) }])
    expect(verdict.outcome).toBe('attributed')
  })
  it('comes out the same in whatever order the clicks come', () => {
    const clicks = [click('b', HOUR), click('a', HOUR), click('c', 3 * HOUR), click('d', 9 * DAY)]
    expect(run(clicks.toReversed())).toEqual(run(clicks))
  })
})
