import { expect, it } from 'vitest'
import { candidate, decision } from '../../_components/testing/decisions.ts'
import type { Reengagement } from '../../_components/words.ts'
import { momentsOf } from './moments.ts'

const winner = candidate()
const back: Reengagement = {
  conversion_id: 'r1',
  conversion_time: '2026-10-20T00:00:00.000Z',
  decision_id: 'ree_1',
  decided_at: '2026-10-20T00:00:02.000Z',
  version: 1,
  engine_version: '2.0.0',
  settings_version: 1,
  last_active_at: '2026-10-05T00:00:00.000Z',
  is_retargeting: true,
  settles_at: '2026-10-21T00:00:00.000Z',
  candidates: [winner],
  rule_hits: [],
  winner,
  supersedes: null,
}

const NOW = Date.parse('2026-11-01T00:00:00Z')

it('goes from the touchpoint over the install and its decision to what brought the device back', () => {
  const { moments, hidden } = momentsOf(decision([winner]), [back], false, NOW)
  expect(moments.map(({ kind }) => kind)).toEqual(['click', 'install', 'arrival', 'decision', 'settled', 'return'])
  expect(moments.at(-1)?.detail).toBe('By a click from google_ads, campaign “autumn”.')
  expect(hidden).toBe(0)
})

it('of a hundred touchpoints shows the winner and those that assisted, wherever they rank', () => {
  const losers = Array.from({ length: 99 }, (_, n) =>
    candidate({ touchpoint_id: `l${n}`, rank: n + 2, rank_reason: 'older', media_source: 'net' }),
  )
  const assist = losers[98]
  const one = decision([winner, ...losers], { contributors: assist ? [assist] : [] })
  const few = momentsOf(one, [], false, NOW)
  expect(few.hidden).toBe(88)
  expect(few.moments.filter(({ tone }) => tone === 'won' || tone === 'assisted').map(({ key }) => key)).toEqual([
    'touch c1',
    'touch l98',
  ])
  const every = momentsOf(one, [], true, NOW)
  expect([every.hidden, every.moments.filter(({ kind }) => kind === 'click').length]).toEqual([0, 100])
})

it('without any touchpoint there are still the facts of the install', () => {
  expect(momentsOf(decision([]), [], false, NOW).moments.map(({ kind }) => kind)).toEqual([
    'install',
    'arrival',
    'decision',
    'settled',
  ])
})

it('an event that arrives before it happened comes from a clock that is ahead', () => {
  const one = decision([])
  const install = { ...one.install, received_at: '2026-10-01T01:59:00.000Z' }
  const { moments } = momentsOf({ ...one, install }, [], false, NOW)
  expect(moments.find(({ kind }) => kind === 'arrival')?.detail).toBe('The device’s clock is 1 min ahead.')
})

it('settling is said to be ahead until its time has come', () => {
  const title = (now: string) =>
    momentsOf(decision([]), [], false, Date.parse(now)).moments.find(({ kind }) => kind === 'settled')?.title
  expect(title('2026-10-02T01:00:00Z')).toBe('Will be settled')
  expect(title('2026-10-02T03:00:00Z')).toBe('Settled')
})
