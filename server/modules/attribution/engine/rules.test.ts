import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import { candidate, DAY, GAID, HOUR, install, MINUTE, NOW, run, settings, touch, view } from './testing/cases.ts'
import type { Touchpoint, Verdict } from './types.ts'

describe('settings of the order', () => {
  const old = touch('old', 3 * HOUR, { mediaSource: 'meta_ads' })
  const young = touch('young', HOUR)

  it('let the first of equals win instead of the last', () => {
    const verdict = run(install(), [young, old], settings({ model: 'first_touch' }))
    expect(verdict.winner?.touchpoint.touchpointId).toBe('old')
    expect(candidate(verdict, 'young')?.rankReason).toBe('newer')
  })
  it('compare the first touch only among equals', () => {
    const verdict = run(install({ clickId: 'young' }), [young, old], settings({ model: 'first_touch' }))
    expect(verdict.winner?.touchpoint.touchpointId).toBe('young')
    expect(candidate(verdict, 'old')?.rankReason).toBe('weaker_match')
  })
  it.each([
    ['the stronger match first', ['match_type', 'touchpoint_type', 'recency'], 'named', { click: 'weaker_match' }],
    ['a click first', ['touchpoint_type', 'match_type', 'recency'], 'click', { named: 'view_after_click' }],
    ['the latest first', ['recency', 'touchpoint_type', 'match_type'], 'latest', { named: 'older', click: 'older' }],
  ] as const)('can put %s', (_, priorities, wins, lost) => {
    const touchpoints = [view('named', 3 * HOUR), touch('click', 2 * HOUR), view('latest', HOUR)]
    const verdict = run(install({ clickId: 'named' }), touchpoints, settings({ priorities }))
    expect(verdict.winner?.touchpoint.touchpointId).toBe(wins)
    for (const [id, reason] of Object.entries(lost)) expect(candidate(verdict, id)?.rankReason).toBe(reason)
  })
  it('can keep a media source’s views from earning anything', () => {
    const under = settings({ perMediaSource: { unity_ads: { viewThroughEnabled: false } } })
    const verdict = run(install(), [view('a', HOUR, { mediaSource: 'unity_ads' }), view('b', 2 * HOUR)], under)
    expect(verdict.winner?.touchpoint.touchpointId).toBe('b')
    expect(candidate(verdict, 'a')?.refusedBy).toBe('view_through_off')
  })
})

describe('contributors', () => {
  const ids = (verdict: Verdict) => verdict.contributors.map(({ touchpoint }) => touchpoint.touchpointId)
  const from = (mediaSource: string, hours: number, more: Partial<Touchpoint> = {}) =>
    touch(`${mediaSource}-${hours}`, hours * HOUR, { mediaSource, ...more })

  it('are the latest of each other media source, latest first, at most three', () => {
    const touchpoints = [from('w', 1), from('a', 9), from('a', 5), from('b', 7), from('c', 3), from('d', 20)]
    expect(ids(run(install(), touchpoints))).toEqual(['c-3', 'a-5', 'b-7'])
  })
  it('are none of the winner’s own media source and none that was refused', () => {
    const touchpoints = [from('w', 1), from('w', 2), from('late', -1), from('old', 8 * 24)]
    expect(ids(run(install(), touchpoints))).toEqual([])
  })
  it('may be views and later than the winner', () => {
    expect(ids(run(install(), [from('w', 5), from('seen', 1, { touchpointType: 'view' })]))).toEqual(['seen-1'])
  })
  it('an organic install has none', () => {
    expect(ids(run(install(), [from('old', 8 * 24)]))).toEqual([])
  })
})

describe('claims and other doors', () => {
  it('a network that claims the install matches by device id', () => {
    const claim = touch('claim', HOUR, { advertisingId: null, claimedDeviceId: 'device-1', mediaSource: 'meta_ads' })
    const verdict = run(install({ advertisingId: null }), [claim])
    expect(verdict).toMatchObject({ outcome: 'attributed', matchType: 'device_id' })
    expect(verdict.winner?.matchedBy).toEqual(['network_claim'])
  })
  it('a claim for another install matches nothing', () => {
    const claim = touch('claim', HOUR, { advertisingId: null, claimedDeviceId: 'device-2' })
    expect(run(install(), [claim]).reason).toBe('nothing_matched')
  })
  it('a click in a browser may earn an app’s install, and says so', () => {
    const web = touch('web', HOUR, { advertisingId: null, platform: 'web' })
    const verdict = run(install({ clickId: 'web' }), [web, touch('app', 2 * HOUR, { platform: 'android' })])
    expect(verdict.winner).toMatchObject({ webToApp: true, matchType: 'click_id' })
    expect(candidate(verdict, 'app')?.webToApp).toBe(false)
  })
  it('a person’s click on another device matches by customer user id', () => {
    const web = touch('web', HOUR, { advertisingId: null, platform: 'web', customerUserId: 'user-1' })
    const verdict = run(install({ customerUserId: 'user-1' }), [web])
    expect(verdict.winner).toMatchObject({ matchType: 'device_id', matchedBy: ['customer_user_id'], webToApp: true })
  })
  it('a click on the web is no web-to-app where the install is one of a web app', () => {
    const verdict = run(install({ platform: 'web', clickId: 'web' }), [touch('web', HOUR, { platform: 'web' })])
    expect(verdict.winner?.webToApp).toBe(false)
  })
  it('a referrer that names another device’s click wins, and the contradiction is told', () => {
    const verdict = run(install({ referrerClickId: 'r' }), [touch('r', HOUR, { advertisingId: 'Someone-Else' })])
    expect(verdict).toMatchObject({ outcome: 'attributed', matchType: 'install_referrer' })
    expect(verdict.ruleHits).toEqual([
      { rule: 'named_touch_of_other_device', touchpointId: 'r', value: 'someone-else' },
    ])
  })
})

describe('a reattribution', () => {
  const earlier = [{ deviceId: 'device-0', installTime: NOW - 10 * DAY, advertisingId: GAID }]
  const decided = (isRetargeting: boolean, previous = earlier) =>
    decide(install(), [touch('a', HOUR, { isRetargeting })], DEFAULT_SETTINGS, previous)

  it('is a reinstall that a retargeting touchpoint won', () => {
    const verdict = decided(true)
    expect(verdict).toMatchObject({ conversionType: 'reattribution', reinstallOf: 'device-0' })
    expect(verdict.ruleHits.map(({ rule }) => rule)).toEqual(['reinstall', 'retargeting_brought_back'])
  })
  const silentFor = (silence: number | null, under = DEFAULT_SETTINGS) =>
    decide(
      install({ lastActiveAt: silence === null ? null : NOW - silence }),
      [touch('a', HOUR, { isRetargeting: true })],
      under,
      earlier,
    )
  it('counts after exactly the inactivity window; 1 ms before it is a reinstall, and says why', () => {
    expect(silentFor(7 * DAY)).toMatchObject({ conversionType: 'reattribution', outcome: 'attributed' })
    const verdict = silentFor(7 * DAY - 1)
    expect(verdict).toMatchObject({ conversionType: 'reinstall', outcome: 'attributed', reinstallOf: 'device-0' })
    expect(verdict.winner?.touchpoint.touchpointId).toBe('a')
    expect(verdict.ruleHits).toEqual([
      { rule: 'reinstall', touchpointId: null, value: 'device-0' },
      { rule: 'active_before_reinstall', touchpointId: 'a', value: String(7 * DAY - 1) },
    ])
  })
  it('asks for the silence that the settings ask for, and for none where they say 0', () => {
    expect(silentFor(20 * DAY, settings({ inactivityWindowMs: 30 * DAY })).conversionType).toBe('reinstall')
    expect(silentFor(2 * DAY, settings({ inactivityWindowMs: DAY })).conversionType).toBe('reattribution')
    expect(silentFor(0, settings({ inactivityWindowMs: 0 })).conversionType).toBe('reattribution')
  })
  it('is not refused where nothing is known of the device’s activity, and is where its clock was ahead', () => {
    expect(silentFor(null).conversionType).toBe('reattribution')
    expect(silentFor(-HOUR).ruleHits.at(-1)).toEqual({
      rule: 'active_before_reinstall',
      touchpointId: 'a',
      value: '0',
    })
  })
  it('says nothing of activity where another touchpoint won, or there was no earlier install in the window', () => {
    const active = install({ lastActiveAt: NOW - DAY })
    const byRetargeting = [touch('a', HOUR, { isRetargeting: true })]
    expect(decide(active, [touch('a', HOUR)], DEFAULT_SETTINGS, earlier).ruleHits).toHaveLength(1)
    const verdict = decide(active, byRetargeting, settings({ reinstallWindowMs: DAY }), earlier)
    expect(verdict).toMatchObject({ conversionType: 'install', ruleHits: [] })
  })
  it('is none where another touchpoint won, or the device never had the app', () => {
    expect(decided(false).conversionType).toBe('reinstall')
    expect(decided(true, []).conversionType).toBe('install')
  })
})

describe('ten thousand clicks on one device', () => {
  it('are decided in well under a second of computing, and the right one wins', () => {
    const flood = Array.from({ length: 10_000 }, (_, n) =>
      touch(`flood-${n}`, HOUR + ((n * 7_919) % 10_000) * 1_000, {
        mediaSource: `source_${n % 50}`,
        ip: '203.0.113.7',
      }),
    )
    const started = process.cpuUsage()
    const verdict = run(install({ ip: '203.0.113.7' }), [...flood, touch('last', MINUTE)])
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_000)
    expect(verdict.winner?.touchpoint.touchpointId).toBe('last')
    expect(verdict.candidates).toHaveLength(10_001)
    expect(verdict.contributors).toHaveLength(3)
  })
  it('behind one address without any id are decided as fast', () => {
    const flood = Array.from({ length: 10_000 }, (_, n) =>
      touch(`flood-${n}`, n * 1_000, {
        advertisingId: null,
        ip: '203.0.113.7',
        platform: 'android',
        campaign: `c${n}`,
      }),
    )
    const started = process.cpuUsage()
    const verdict = run(install({ ip: '203.0.113.7', advertisingId: null }), flood)
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_000)
    expect(verdict).toMatchObject({ outcome: 'organic', reason: 'every_match_refused' })
  })
})
