import { describe, expect, it } from 'vitest'
import { MATCH_TIER } from '#server/modules/attribution/engine/index.ts'
import { fateWords, refusalSummary } from './fate.ts'
import { outcomeSentence } from './outcome.ts'
import { candidate } from './testing/decisions.ts'
import { bondWords, conversionWord, MATCH_STRENGTH, matchTypeWord, ruleWords } from './words.ts'

const HOUR = 3_600_000

describe('the outcome in words', () => {
  it('names winner, time and identifier', () => {
    const winner = candidate()
    const text = outcomeSentence({ reason: 'click_won', winner, candidates: [winner], conversionType: 'install' })
    expect(text).toBe(
      'A click from google_ads, campaign “autumn”, 2 h before the install, earned it: the install carries its click id. No other touchpoint could count.',
    )
  })
  it('says how likely a probabilistic winner is, and where it was clicked', () => {
    const winner = candidate({
      match_type: 'probabilistic',
      matched_by: ['ip_address'],
      probability: 0.9234,
      web_to_app: true,
    })
    const text = outcomeSentence({ reason: 'click_won', winner, candidates: [winner], conversionType: 'install' })
    expect(text).toContain('A click on a web page from google_ads')
    expect(text).toContain('from the same kind of device, and it is 92.3% likely to be the cause.')
  })
  it('says why the only match could not count, whatever else was looked at', () => {
    const refused = candidate({ eligible: false, refused_by: 'outside_click_window', time_to_install_ms: 240 * HOUR })
    const stranger = candidate({ eligible: false, refused_by: 'traits_differ', match_type: null, matched_by: [] })
    const text = outcomeSentence({
      reason: 'every_match_refused',
      winner: null,
      candidates: [refused, stranger],
      conversionType: 'install',
    })
    expect(text).toContain('The click was 10 d before the install; the window is 7 days.')
  })
  it('says when nothing matched', () => {
    expect(
      outcomeSentence({ reason: 'nothing_matched', winner: null, candidates: [], conversionType: 'reinstall' }),
    ).toBe('Organic: no click or view matches this reinstall.')
  })
  it('tells why a reinstall that retargeting won is no re-attribution, with how long the device had been away', () => {
    const hit = { rule: 'active_before_reinstall', touchpoint_id: 'clk', value: String(26 * HOUR) } as const
    expect(ruleWords(hit)).toContain('the device was active 1 d 2 h before it was reinstalled, within the inactivity')
  })
  it('tells a decision that another product made, and names nobody where it named nobody', () => {
    const decision = { reason: 'decided_elsewhere', winner: null, candidates: [], conversionType: 'install' } as const
    expect(outcomeSentence({ ...decision, candidates: [] })).toMatch(/^Attributed before it was imported/)
    expect(ruleWords({ rule: 'decided_elsewhere', touchpoint_id: null, value: 'AppsFlyer' })).toBe(
      'AppsFlyer decided this. The decision was imported and stands, whatever arrives later.',
    )
  })
})

describe('what became of a candidate', () => {
  const winner = candidate()
  it.each([
    ['won', {}, 'Won.'],
    ['older', { rank: 2, rank_reason: 'older', time_to_install_ms: 3 * HOUR }, '1 h older than the winner.'],
    [
      'newer',
      { rank: 2, rank_reason: 'newer', time_to_install_ms: HOUR },
      '1 h newer than the winner; the settings let the earliest win.',
    ],
    [
      'weaker',
      { rank: 2, rank_reason: 'weaker_match', match_type: 'probabilistic' },
      'Probabilistic is weaker than click id, by which the winner matches.',
    ],
    [
      'late',
      { eligible: false, refused_by: 'after_install', time_to_install_ms: -90_000 },
      'It came 1 min 30 s after the install.',
    ],
    [
      'unlikely',
      { eligible: false, refused_by: 'probability_too_low', match_type: 'probabilistic', probability: 0.4 },
      'It is only 40.0% likely to be the cause: too much else happened behind the same network address, or too long ago.',
    ],
    [
      'beyond the probabilistic window',
      {
        eligible: false,
        refused_by: 'outside_probabilistic_window',
        match_type: 'probabilistic',
        time_to_install_ms: 9 * HOUR,
        window_ms: 6 * HOUR,
      },
      'The click was 9 h before the install; without an identifier the window is 6 hours.',
    ],
    [
      'beyond the click window though only probabilistic, whose shorter window is not the one that refused it',
      {
        eligible: false,
        refused_by: 'outside_click_window',
        match_type: 'probabilistic',
        time_to_install_ms: 200 * HOUR,
        window_ms: 6 * HOUR,
      },
      'The click was 8 d 8 h before the install, outside the click window.',
    ],
  ] as const)('is told: %s', (_case, more, text) => {
    expect(fateWords(candidate(more as never), winner)).toBe(text)
  })

  it('is summed up for all that were refused, most first', () => {
    const refused = (refused_by: 'no_match' | 'after_install') => candidate({ eligible: false, refused_by })
    expect(refusalSummary([winner, refused('after_install'), refused('no_match'), refused('no_match')])).toBe(
      'Refused: 2 share no identifier with it, 1 came after it.',
    )
    expect(refusalSummary([winner])).toBe('')
  })
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

it('a candidate that matches by nothing has no bond, and a match of no type is a dash', () => {
  expect(bondWords(candidate({ matched_by: [], match_type: null }))).toBe('')
  expect(matchTypeWord(null)).toBe('–')
  expect(conversionWord('reattribution')).toBe('Re-attribution')
})

it('matches are as strong here as in the engine', () => expect(MATCH_STRENGTH).toEqual(MATCH_TIER))
