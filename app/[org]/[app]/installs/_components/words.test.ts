import { describe, expect, it } from 'vitest'
import {
  type Candidate,
  durationWords,
  fateWords,
  outcomeSentence,
  ruleWords,
  settingsFieldWords,
  windowWords,
} from './words.ts'

const HOUR = 3_600_000
const candidate = (more: Partial<Candidate> = {}): Candidate => ({
  touchpoint_id: 'c1',
  touchpoint_type: 'click',
  touchpoint_time: '2026-10-01T00:00:00.000Z',
  media_source: 'google_ads',
  campaign: 'autumn',
  ad_set: null,
  ad: null,
  creative: null,
  site_id: null,
  link_id: null,
  match_type: 'click_id',
  matched_by: ['click_id', 'advertising_id'],
  eligible: true,
  refused_by: null,
  rank: 1,
  rank_reason: null,
  time_to_install_ms: 2 * HOUR,
  window_ms: 168 * HOUR,
  probability: 1,
  web_to_app: false,
  is_retargeting: false,
  ...more,
})

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

describe('the outcome in words', () => {
  it('names winner, time and identifier', () => {
    const winner = candidate()
    const text = outcomeSentence({ reason: 'click_won', winner, candidates: [winner], conversionType: 'install' })
    expect(text).toBe(
      'A click from google_ads, campaign “autumn”, 2 h before the install, earned it: the install carries its click id. No other touchpoint could count.',
    )
  })
  it('says why the only match could not count', () => {
    const refused = candidate({ eligible: false, refused_by: 'outside_click_window', time_to_install_ms: 240 * HOUR })
    const text = outcomeSentence({
      reason: 'every_match_refused',
      winner: null,
      candidates: [refused],
      conversionType: 'install',
    })
    expect(text).toContain('The click was 10 d before the install; the window is 7 days.')
  })
  it('says when nothing matched', () => {
    expect(
      outcomeSentence({ reason: 'nothing_matched', winner: null, candidates: [], conversionType: 'reinstall' }),
    ).toBe('Organic: no click or view matches this reinstall.')
  })
})

it('tells each candidate’s fate', () => {
  expect(fateWords(candidate())).toBe('Won.')
  expect(fateWords(candidate({ rank: 2, rank_reason: 'older' }))).toBe('A more recent one won.')
  expect(fateWords(candidate({ eligible: false, refused_by: 'after_install', time_to_install_ms: -90_000 }))).toBe(
    'It came 1 min 30 s after the install.',
  )
})

it('tells a decision that another product made, and names nobody where it named nobody', () => {
  const decision = { reason: 'decided_elsewhere', winner: null, candidates: [], conversionType: 'install' } as const
  expect(outcomeSentence({ ...decision, candidates: [] })).toMatch(/^Attributed before it was imported/)
  expect(ruleWords({ rule: 'decided_elsewhere', touchpoint_id: null, value: 'AppsFlyer' })).toBe(
    'AppsFlyer decided this. The decision was imported and stands, whatever arrives later.',
  )
})

it('tells an unknown click id', () => {
  expect(ruleWords({ rule: 'unknown_click_id', touchpoint_id: null, value: 'abc' })).toContain('click id abc')
})

it('tells of a device clock that is behind, and never calls its winner a negative time old', () => {
  const winner = candidate({ time_to_install_ms: -180_000 })
  expect(outcomeSentence({ reason: 'click_won', winner, candidates: [winner], conversionType: 'install' })).toContain(
    ', before the install (the device’s clock is behind), earned it',
  )
  expect(ruleWords({ rule: 'clock_behind', touchpoint_id: 'c1', value: '180000' })).toBe(
    'The install names touchpoint c1, yet is dated 3 min before it: the device’s clock is behind.',
  )
})

it('names settings, also those of one media source', () => {
  expect(settingsFieldWords('viewLookbackMs')).toBe('View window')
  expect(settingsFieldWords('perMediaSource.a.b.clickLookbackMs')).toBe('Click window of a.b')
})
