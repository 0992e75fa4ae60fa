import { describe, expect, it } from 'vitest'
import { decide, ENGINE_VERSION } from './decide.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import { candidate, DAY, GAID, HOUR, install, MINUTE, NOW, run, settings, touch, view } from './testing/cases.ts'
import type { AttributionSettings, Install, Touchpoint } from './types.ts'

describe('the winner', () => {
  const cases: {
    title: string
    install?: Partial<Install>
    touchpoints: Touchpoint[]
    wins: string | null
    lost?: Record<string, string>
  }[] = [
    { title: 'nobody without touchpoints', touchpoints: [], wins: null },
    { title: 'the only matching click', touchpoints: [touch('a', HOUR)], wins: 'a' },
    { title: 'the only matching view', touchpoints: [view('a', HOUR)], wins: 'a' },
    {
      title: 'a click before a more recent view',
      touchpoints: [view('v', MINUTE), touch('c', 6 * DAY)],
      wins: 'c',
      lost: { v: 'view_after_click' },
    },
    {
      title: 'a click by device id before a view named by click id',
      install: { clickId: 'v' },
      touchpoints: [view('v', MINUTE), touch('c', DAY)],
      wins: 'c',
      lost: { v: 'view_after_click' },
    },
    {
      title: 'an install referrer before a more recent click by device id',
      install: { referrerClickId: 'r' },
      touchpoints: [touch('d', MINUTE), touch('r', DAY)],
      wins: 'r',
      lost: { d: 'weaker_match' },
    },
    {
      title: 'a click id before a more recent click by device id',
      install: { clickId: 'c' },
      touchpoints: [touch('d', MINUTE), touch('c', DAY, { advertisingId: null })],
      wins: 'c',
      lost: { d: 'weaker_match' },
    },
    {
      title: 'the more recent of install referrer and click id, which the contract puts on one level',
      install: { referrerClickId: 'r', clickId: 'c' },
      touchpoints: [touch('r', HOUR), touch('c', MINUTE)],
      wins: 'c',
      lost: { r: 'older' },
    },
    {
      title: 'the most recent of equals',
      touchpoints: [touch('a', 2 * HOUR), touch('b', HOUR), touch('c', 3 * HOUR)],
      wins: 'b',
      lost: { a: 'older', c: 'older' },
    },
    {
      title: 'the smaller id when nothing else parts two clicks',
      touchpoints: [touch('b', HOUR), touch('a', HOUR)],
      wins: 'a',
      lost: { b: 'tie_broken_by_id' },
    },
    {
      title: 'a view, when the only click is too old',
      touchpoints: [touch('old', 8 * DAY), view('v', HOUR)],
      wins: 'v',
    },
  ]
  it.each(cases)('is $title', ({ install: more, touchpoints, wins, lost = {} }) => {
    const verdict = run(install(more), touchpoints)
    expect(verdict.winner?.touchpoint.touchpointId ?? null).toBe(wins)
    expect(verdict.outcome).toBe(wins === null ? 'organic' : 'attributed')
    expect(verdict.candidates.map(({ rank }) => rank)).toEqual(touchpoints.map((_, index) => index + 1))
    for (const [id, reason] of Object.entries(lost)) expect(candidate(verdict, id)?.rankReason).toBe(reason)
    if (wins !== null) {
      expect(candidate(verdict, wins)).toMatchObject({ rank: 1, eligible: true, refusedBy: null, rankReason: null })
    }
  })

  it('does not change when a touchpoint is given twice', () => {
    const verdict = run(install(), [touch('a', HOUR), touch('b', 2 * HOUR), touch('a', HOUR)])
    expect(verdict.winner?.touchpoint.touchpointId).toBe('a')
  })
})

describe('windows', () => {
  const cases: { title: string; touchpoint: Touchpoint; refusedBy: string | null; under?: AttributionSettings }[] = [
    { title: 'takes a click at exactly 7 d', touchpoint: touch('a', 7 * DAY), refusedBy: null },
    { title: 'refuses a click 1 ms older', touchpoint: touch('a', 7 * DAY + 1), refusedBy: 'outside_click_window' },
    { title: 'takes a view at exactly 24 h', touchpoint: view('a', DAY), refusedBy: null },
    { title: 'refuses a view 1 ms older', touchpoint: view('a', DAY + 1), refusedBy: 'outside_view_window' },
    { title: 'takes a touch at the very time of the install', touchpoint: touch('a', 0), refusedBy: null },
    { title: 'refuses a touch 1 ms after the install', touchpoint: touch('a', -1), refusedBy: 'after_install' },
    {
      title: 'refuses what does not match',
      touchpoint: touch('a', HOUR, { advertisingId: 'x' }),
      refusedBy: 'no_match',
    },
    {
      title: 'follows the settings',
      touchpoint: touch('a', 2 * DAY),
      refusedBy: 'outside_click_window',
      under: settings({ clickLookbackMs: DAY }),
    },
    {
      title: 'prefers the media source’s own click window',
      touchpoint: touch('a', 10 * DAY),
      refusedBy: null,
      under: settings({ perMediaSource: { google_ads: { clickLookbackMs: 30 * DAY } } }),
    },
    {
      title: 'keeps the app’s view window when the media source only sets one for clicks',
      touchpoint: view('a', 2 * DAY),
      refusedBy: 'outside_view_window',
      under: settings({ perMediaSource: { google_ads: { clickLookbackMs: 30 * DAY } } }),
    },
    {
      title: 'is not fooled by a media source named like an object’s own method',
      touchpoint: touch('a', HOUR, { mediaSource: 'constructor' }),
      refusedBy: null,
    },
  ]
  it.each(cases)('$title', ({ touchpoint, refusedBy, under }) => {
    const verdict = run(install(), [touchpoint], under)
    expect(candidate(verdict, 'a')?.refusedBy).toBe(refusedBy)
    expect(candidate(verdict, 'a')?.eligible).toBe(refusedBy === null)
    expect(verdict.outcome).toBe(refusedBy === null ? 'attributed' : 'organic')
  })
})

describe('a device clock that is behind ours', () => {
  const named = (agoMs: number, more: Partial<Touchpoint> = {}) => touch('a', agoMs, { advertisingId: null, ...more })

  it.each([
    ['the install referrer', { referrerClickId: 'a' }],
    ['a click id', { clickId: 'a' }],
  ])('does not lose the click that %s names, up to 24 h', (_, by) => {
    for (const behind of [1, 5 * MINUTE, DAY]) {
      const verdict = run(install(by), [named(-behind)])
      expect(verdict).toMatchObject({ outcome: 'attributed', reason: 'click_won' })
      expect(verdict.winner?.timeToInstallMs).toBe(-behind)
      expect(verdict.ruleHits).toEqual([{ rule: 'clock_behind', touchpointId: 'a', value: String(behind) }])
    }
    const late = run(install(by), [named(-DAY - 1)])
    expect(late).toMatchObject({ outcome: 'organic', ruleHits: [] })
    expect(candidate(late, 'a')?.refusedBy).toBe('after_install')
  })
  it('is not assumed for a touch that only shares the device', () => {
    const verdict = run(install({ clickId: 'a' }), [named(-MINUTE), touch('b', -MINUTE)])
    expect(verdict.winner?.touchpoint.touchpointId).toBe('a')
    expect(candidate(verdict, 'b')?.refusedBy).toBe('after_install')
    expect(verdict.ruleHits.map(({ rule }) => rule)).toEqual(['clock_behind'])
  })
  it('is not noted where the touch came before the install', () => {
    expect(run(install({ clickId: 'a' }), [named(0)]).ruleHits).toEqual([])
  })
})

describe('matching', () => {
  it('names the strongest match and lists every identifier in common', () => {
    const one = install({ referrerClickId: 'a', clickId: 'a', idfv: 'V', customerUserId: 'user' })
    const verdict = run(one, [touch('a', HOUR, { idfv: 'v', customerUserId: 'user' })])
    expect(verdict.matchType).toBe('install_referrer')
    expect(verdict.winner?.matchedBy).toEqual([
      'install_referrer',
      'click_id',
      'advertising_id',
      'idfv',
      'customer_user_id',
    ])
  })
  it.each([
    ['click_id', 'click_id', { clickId: 'a' }, {}],
    ['advertising_id', 'device_id', { advertisingId: GAID.toUpperCase() }, { advertisingId: GAID }],
    ['idfv', 'device_id', { idfv: 'ABC-1' }, { idfv: ' abc-1 ' }],
    ['customer_user_id', 'device_id', { customerUserId: 'u1' }, { customerUserId: 'u1' }],
  ])('by %s is match type %s', (identifier, matchType, ofInstall, ofTouchpoint) => {
    const verdict = run(install({ advertisingId: null, ...ofInstall }), [
      touch('a', HOUR, { advertisingId: '', ...ofTouchpoint }),
    ])
    expect(verdict.winner?.matchedBy).toEqual([identifier])
    expect(verdict.matchType).toBe(matchType)
  })
  it.each([
    ['all zeros', '00000000-0000-0000-0000-000000000000'],
    ['an empty string', ''],
    ['blanks', '  '],
    ['a zero', '0'],
  ])('never takes %s for an identifier', (_, id) => {
    const one = install({ advertisingId: id, idfv: id, customerUserId: id })
    const verdict = run(one, [touch('a', HOUR, { advertisingId: id, idfv: id, customerUserId: id })])
    expect(verdict.outcome).toBe('organic')
    expect(verdict.reason).toBe('nothing_matched')
  })
  it('tells customer user ids apart by case', () => {
    const verdict = run(install({ customerUserId: 'Ann' }), [
      touch('a', HOUR, { advertisingId: null, customerUserId: 'ann' }),
    ])
    expect(verdict.outcome).toBe('organic')
  })
})

describe('the explanation', () => {
  it('says why an install is organic', () => {
    expect(run(install(), []).reason).toBe('nothing_matched')
    expect(run(install(), [touch('a', 9 * DAY)]).reason).toBe('every_match_refused')
  })
  it('says whether a click or a view won', () => {
    expect(run(install(), [touch('a', HOUR)]).reason).toBe('click_won')
    expect(run(install(), [view('a', HOUR)]).reason).toBe('view_won')
  })
  it('carries engine and settings version, time to install and the window that was applied', () => {
    const verdict = run(install(), [touch('a', HOUR)], settings({ version: 7 }))
    expect(verdict).toMatchObject({ engineVersion: ENGINE_VERSION, settingsVersion: 7 })
    expect(verdict.winner).toMatchObject({ timeToInstallMs: HOUR, windowMs: 7 * DAY })
  })
  it('tells a click id that no touchpoint has', () => {
    const verdict = run(install({ clickId: 'gone', referrerClickId: 'lost' }), [])
    expect(verdict.outcome).toBe('organic')
    expect(verdict.ruleHits).toEqual([
      { rule: 'unknown_click_id', touchpointId: null, value: 'gone' },
      { rule: 'unknown_referrer_click_id', touchpointId: null, value: 'lost' },
    ])
  })
  it('tells an install that has nothing to match by', () => {
    const verdict = run(install({ advertisingId: undefined }), [touch('a', HOUR)])
    expect(verdict.ruleHits).toEqual([{ rule: 'no_identifiers', touchpointId: null, value: null }])
  })
  it('tells a later click by device id that lost to the referrer, and a second click the install names', () => {
    const one = install({ referrerClickId: 'r', clickId: 'c' })
    const verdict = run(one, [
      touch('r', HOUR),
      touch('c', 2 * HOUR),
      touch('later', MINUTE, { mediaSource: 'unity_ads' }),
      touch('earlier', 3 * HOUR),
      view('seen', MINUTE),
    ])
    expect(verdict.winner?.touchpoint.touchpointId).toBe('r')
    expect(verdict.ruleHits).toEqual([
      { rule: 'identifiers_disagree', touchpointId: 'c', value: 'google_ads' },
      { rule: 'identifiers_disagree', touchpointId: 'later', value: 'unity_ads' },
    ])
  })
  it('sees no contradiction among clicks found by device id', () => {
    expect(run(install(), [touch('a', HOUR), touch('b', 2 * HOUR)]).ruleHits).toEqual([])
  })
  it('notes a touch after the download began without refusing it', () => {
    const verdict = run(install({ installBeginTime: NOW - HOUR }), [touch('a', MINUTE), touch('b', 2 * HOUR)])
    expect(verdict.winner?.touchpoint.touchpointId).toBe('a')
    expect(verdict.ruleHits).toEqual([
      { rule: 'touch_after_install_begin', touchpointId: 'a', value: String(59 * MINUTE) },
    ])
  })
})

describe('a reinstall', () => {
  const earlier = (agoMs: number, more = {}) => ({
    deviceId: 'device-0',
    installTime: NOW - agoMs,
    advertisingId: GAID,
    ...more,
  })
  const cases: { title: string; previous: ReturnType<typeof earlier>[]; of: string | null }[] = [
    { title: 'is a device seen before', previous: [earlier(10 * DAY)], of: 'device-0' },
    { title: 'counts at exactly 90 d', previous: [earlier(90 * DAY)], of: 'device-0' },
    { title: 'does not count 1 ms later', previous: [earlier(90 * DAY + 1)], of: null },
    { title: 'is not the install itself', previous: [earlier(DAY, { deviceId: 'device-1' })], of: null },
    { title: 'is not an install that came later', previous: [earlier(-1)], of: null },
    { title: 'is not another device', previous: [earlier(DAY, { advertisingId: 'other', idfv: 'other' })], of: null },
    { title: 'is recognised by idfv', previous: [earlier(DAY, { advertisingId: null, idfv: 'V1' })], of: 'device-0' },
    {
      title: 'follows the latest earlier install',
      previous: [earlier(2 * DAY), earlier(DAY, { deviceId: 'device-x' }), earlier(3 * DAY, { deviceId: 'device-y' })],
      of: 'device-x',
    },
    {
      title: 'takes the greater device id of two at the same time',
      previous: [earlier(DAY, { deviceId: 'b' }), earlier(DAY, { deviceId: 'c' }), earlier(DAY, { deviceId: 'a' })],
      of: 'c',
    },
    {
      title: 'of two at the very same time is the one with the greater device id',
      previous: [earlier(0)],
      of: 'device-0',
    },
    { title: 'and the smaller one is not', previous: [earlier(0, { deviceId: 'device-2' })], of: null },
  ]
  it.each(cases)('$title', ({ previous, of }) => {
    const verdict = decide(install({ idfv: 'v1' }), [touch('a', HOUR)], DEFAULT_SETTINGS, previous)
    expect(verdict.reinstallOf).toBe(of)
    expect(verdict.conversionType).toBe(of === null ? 'install' : 'reinstall')
    expect(verdict.ruleHits).toEqual(of === null ? [] : [{ rule: 'reinstall', touchpointId: null, value: of }])
    expect(verdict.outcome).toBe('attributed')
  })
  it('needs an identifier', () => {
    const verdict = decide(install({ advertisingId: null }), [], DEFAULT_SETTINGS, [
      earlier(DAY, { advertisingId: null }),
    ])
    expect(verdict.conversionType).toBe('install')
  })
})
