import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { PROBABILITY_NEEDED } from './probability.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { AttributionSettings, Install, Touchpoint } from './types.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 10, 1)
const IP = '203.0.113.7'

const install = (more: Partial<Install> = {}): Install => ({
  deviceId: 'device-1',
  installTime: NOW,
  platform: 'ios',
  osVersion: '26.1',
  deviceModel: 'iPhone14,5',
  ip: IP,
  idfv: 'OWN-IDFV',
  ...more,
})
const touch = (touchpointId: string, agoMs: number, more: Partial<Touchpoint> = {}): Touchpoint => ({
  touchpointId,
  touchpointType: 'click',
  touchpointTime: NOW - agoMs,
  mediaSource: 'google_ads',
  campaign: 'autumn',
  platform: 'ios',
  osVersion: '26.1',
  deviceModel: 'iPhone',
  ip: IP,
  ...more,
})
const stranger = (id: string, agoMs: number, more: Partial<Touchpoint> = {}) =>
  touch(id, agoMs, { platform: 'android', osVersion: '15', deviceModel: 'Pixel 8', ...more })
const settings = (more: Partial<AttributionSettings> = {}): AttributionSettings => ({ ...DEFAULT_SETTINGS, ...more })

const run = (touchpoints: Touchpoint[], one = install(), under = DEFAULT_SETTINGS, neighbours = 0) =>
  decide(one, touchpoints, under, [], neighbours)
const of = (verdict: ReturnType<typeof run>, id: string) =>
  verdict.candidates.find(({ touchpoint }) => touchpoint.touchpointId === id)
const probabilityOf = (...input: Parameters<typeof run>) => of(run(...input), 'a')?.probability ?? -1

describe('a probabilistic match', () => {
  it('wins for a fresh click from the same address and kind of device, and says how likely it is', () => {
    const verdict = run([touch('a', 5 * MINUTE)])
    expect(verdict).toMatchObject({ outcome: 'attributed', matchType: 'probabilistic', reason: 'click_won' })
    expect(verdict.winner?.matchedBy).toEqual(['ip_address'])
    expect(verdict.winner?.windowMs).toBe(6 * HOUR)
    expect(verdict.winner?.probability).toBeGreaterThan(PROBABILITY_NEEDED)
    expect(verdict.winner?.probability).toBeLessThan(1)
  })
  it('takes another address of the same /64, and none beside it', () => {
    const six = install({ ip: '2001:db8:1:2:aaaa::1' })
    expect(run([touch('a', MINUTE, { ip: '2001:db8:1:2:bbbb::2' })], six).outcome).toBe('attributed')
    expect(run([touch('a', MINUTE, { ip: '2001:db8:1:3:aaaa::1' })], six).reason).toBe('nothing_matched')
  })
  it('needs an address on both sides', () => {
    expect(run([touch('a', MINUTE, { ip: null })], install({ ip: '' })).reason).toBe('nothing_matched')
    expect(run([touch('a', MINUTE, { ip: 'unknown' })], install({ ip: 'unknown' })).reason).toBe('nothing_matched')
  })

  it.each([
    ['another operating system', stranger('a', MINUTE)],
    ['another system version', touch('a', MINUTE, { osVersion: '18.4' })],
    ['another vendor id', touch('a', MINUTE, { idfv: 'OTHER' })],
    ['a claim for another install', touch('a', MINUTE, { claimedDeviceId: 'device-2' })],
  ])('is none with %s', (_, other) => {
    const verdict = run([other])
    expect(verdict).toMatchObject({ outcome: 'organic', reason: 'nothing_matched' })
    expect(of(verdict, 'a')).toMatchObject({ refusedBy: 'traits_differ', matchType: null, probability: 0 })
  })
  it('loses to a click that any id ties to the install', () => {
    const own = touch('own', 3 * 24 * HOUR, { idfv: 'own-idfv', ip: '198.51.100.1' })
    const verdict = run([touch('a', MINUTE), own])
    expect(verdict.winner?.touchpoint.touchpointId).toBe('own')
    expect(of(verdict, 'a')?.rankReason).toBe('weaker_match')
  })
  it('is no contradiction to a click that the install names', () => {
    const verdict = run([touch('a', MINUTE), touch('named', HOUR, { ip: null })], install({ clickId: 'named' }))
    expect(verdict.winner?.touchpoint.touchpointId).toBe('named')
    expect(verdict.ruleHits).toEqual([])
  })
})

describe('its window', () => {
  it.each([
    ['refuses a touch 1 ms older', 6 * HOUR + 1, settings(), 'outside_probabilistic_window'],
    ['is the app’s own', HOUR + 1, settings({ probabilisticWindowMs: HOUR }), 'outside_probabilistic_window'],
    [
      'is the media source’s own',
      HOUR + 1,
      settings({ perMediaSource: { google_ads: { probabilisticWindowMs: HOUR } } }),
      'outside_probabilistic_window',
    ],
    ['never reaches beyond the click window', 9 * 24 * HOUR, settings(), 'outside_click_window'],
    ['ends with the install', -1, settings(), 'after_install'],
  ])('%s', (_, ago, under, refusedBy) => {
    const verdict = run([touch('a', ago)], install(), under)
    expect(verdict.outcome).toBe('organic')
    expect(of(verdict, 'a')?.refusedBy).toBe(refusedBy)
  })
  it('never reaches beyond the view window either', () => {
    const under = settings({ viewLookbackMs: HOUR })
    const verdict = run([touch('a', HOUR + 1, { touchpointType: 'view' })], install(), under)
    expect(of(verdict, 'a')).toMatchObject({ refusedBy: 'outside_view_window', windowMs: HOUR })
  })
  it('changes which touches may win, never how likely they are', () => {
    const wide = settings({ probabilisticWindowMs: 24 * HOUR })
    const narrow = settings({ probabilisticWindowMs: HOUR })
    const touches = [touch('a', 5 * MINUTE), touch('b', 5 * HOUR, { campaign: 'other' })]
    for (const id of ['a', 'b']) {
      expect(of(run(touches, install(), narrow), id)?.probability).toBe(
        of(run(touches, install(), wide), id)?.probability,
      )
    }
  })
})

describe('it is off', () => {
  it.each([
    ['where the app’s settings say so', install(), settings({ probabilisticEnabled: false }), 'probabilistic_off'],
    [
      'where the settings say so of the media source',
      install(),
      settings({ perMediaSource: { google_ads: { probabilisticEnabled: false } } }),
      'probabilistic_off',
    ],
    ['where the device’s consent forbids it', install({ probabilisticAllowed: false }), settings(), 'no_consent'],
  ])('%s', (_, one, under, refusedBy) => {
    const verdict = run([touch('a', MINUTE)], one, under)
    expect(verdict).toMatchObject({ outcome: 'organic', reason: 'every_match_refused' })
    expect(of(verdict, 'a')?.refusedBy).toBe(refusedBy)
  })
  it('for the whole app, whatever a media source would like', () => {
    const perMediaSource = { google_ads: { probabilisticEnabled: true } }
    const verdict = run([touch('a', MINUTE)], install(), settings({ probabilisticEnabled: false, perMediaSource }))
    expect(verdict.outcome).toBe('organic')
  })
  it('and without consent nothing is weighed', () => {
    expect(probabilityOf([touch('a', MINUTE)], install({ probabilisticAllowed: false }))).toBe(0)
  })
})

describe('its probability', () => {
  it('falls with the age of the touch', () => {
    const ages = [0, MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 24 * HOUR]
    const likely = ages.map((age) => probabilityOf([touch('a', age)]))
    for (const [index, one] of likely.slice(1).entries()) expect(one).toBeLessThan(likely[index] ?? 0)
    expect(likely.at(-1)).toBeGreaterThan(0)
  })
  it.each([
    ['a click of another campaign by such a device', [touch('b', 30 * MINUTE, { campaign: 'other' })], 0],
    ['touches of other devices', [stranger('b', HOUR), stranger('c', 2 * HOUR)], 0],
    ['an install of such a device', [], 1],
    [
      'a view of the install’s own device, found by its id',
      [touch('v', HOUR, { touchpointType: 'view', idfv: 'own-idfv' })],
      0,
    ],
  ])('falls with %s behind the same address', (_, others, neighbours) => {
    const alone = probabilityOf([touch('a', 10 * MINUTE)])
    expect(probabilityOf([touch('a', 10 * MINUTE), ...others], install(), DEFAULT_SETTINGS, neighbours)).toBeLessThan(
      alone,
    )
  })
  it.each([
    ['a touch of more than a day before', stranger('b', 24 * HOUR + 1)],
    ['a touch after the install', touch('b', -1)],
    ['a touch behind another address', touch('b', MINUTE, { ip: '198.51.100.9', campaign: 'other' })],
  ])('is not changed by %s', (_, other) => {
    expect(probabilityOf([touch('a', 10 * MINUTE), other])).toBe(probabilityOf([touch('a', 10 * MINUTE)]))
  })
  it('refuses a click that several others could stand for', () => {
    const others = ['b', 'c', 'd'].map((id, n) => touch(id, (10 + n) * MINUTE, { campaign: `campaign-${id}` }))
    const verdict = run([touch('a', 10 * MINUTE), ...others])
    expect(verdict).toMatchObject({ outcome: 'organic', reason: 'every_match_refused' })
    expect(new Set(verdict.candidates.map(({ refusedBy }) => refusedBy))).toEqual(new Set(['probability_too_low']))
  })
  it('never takes clicks with ids of all zeros for clicks of one device', () => {
    const zeros = { advertisingId: '00000000-0000-0000-0000-000000000000', customerUserId: '0' }
    const others = ['b', 'c', 'd'].map((id, n) =>
      touch(id, (10 + n) * MINUTE, { ...zeros, campaign: `campaign-${id}` }),
    )
    const verdict = run([touch('a', 10 * MINUTE, zeros), ...others])
    expect(verdict).toMatchObject({ outcome: 'organic', reason: 'every_match_refused' })
  })
  it('refuses the only click of a carrier’s crowded address', () => {
    const crowd = Array.from({ length: 100 }, (_, n) => stranger(`s${n}`, n * 10 * MINUTE))
    expect(of(run([touch('a', 10 * MINUTE), ...crowd]), 'a')?.refusedBy).toBe('probability_too_low')
  })
  it('does not suffer from clicking the same ad twice: the later click wins', () => {
    const verdict = run([touch('a', 5 * MINUTE), touch('b', 5 * MINUTE + 8_000)])
    expect(verdict.winner?.touchpoint.touchpointId).toBe('a')
    expect(of(verdict, 'b')?.rankReason).toBe('older')
  })
  it('sums to at most 1 over everything that could explain an install', () => {
    const touches = Array.from({ length: 30 }, (_, n) => touch(`t${n}`, n * 7 * MINUTE, { campaign: `campaign-${n}` }))
    const sum = run(touches).candidates.reduce((total, { probability }) => total + probability, 0)
    expect(sum).toBeLessThanOrEqual(1)
    expect(sum).toBeGreaterThan(0.5)
  })
})
