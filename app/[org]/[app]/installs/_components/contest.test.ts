import { describe, expect, it } from 'vitest'
import { decide, type Install, settingsSchema, type Touchpoint } from '#server/modules/attribution/engine/index.ts'
import { contestOf } from './contest.ts'
import { candidate, decision } from './testing/decisions.ts'

const HOUR = 3_600_000
const settings = decision([]).settings

describe('how the winner beat the one behind it', () => {
  it('goes through the steps up to the one that decides', () => {
    const other = candidate({ touchpoint_id: 'c2', rank: 2, rank_reason: 'weaker_match', match_type: 'device_id' })
    expect(contestOf(decision([candidate(), other])).map(({ name, state, result }) => [name, state, result])).toEqual([
      ['touchpoint_type', 'equal', 'Both are the same'],
      ['match_type', 'decides', 'Strength 3 against 2'],
      ['recency', 'not_asked', 'At the same moment'],
      ['id', 'not_asked', 'Nothing else parts them, and every run must decide alike'],
    ])
  })

  it('follows the order of the settings, and tells by how much', () => {
    const other = candidate({ touchpoint_id: 'v2', touchpoint_type: 'view', rank: 2, time_to_install_ms: 3 * HOUR })
    const priorities = ['recency', 'match_type', 'touchpoint_type'] as const
    const [first, second] = contestOf(
      decision([candidate(), other], { settings: settings && { ...settings, priorities } }),
    )
    expect(first).toMatchObject({ name: 'recency', state: 'decides', winner: '2 h before', result: '1 h more recent' })
    expect(second?.state).toBe('not_asked')
  })

  it('is decided by the order of ids where nothing else parts them', () => {
    const steps = contestOf(decision([candidate(), candidate({ touchpoint_id: 'c2', rank: 2 })]))
    expect(steps.find(({ state }) => state === 'decides')?.name).toBe('id')
  })

  it.each([
    ['nobody won', decision([])],
    ['nobody else could count', decision([candidate(), candidate({ touchpoint_id: 'c2', eligible: false })])],
    ['the rules are not ours', decision([candidate(), candidate({ touchpoint_id: 'c2' })], { settings: null })],
  ])('is not told where %s', (_case, one) => expect(contestOf(one)).toEqual([]))

  it.each([
    ['view_after_click', 'touchpoint_type', { touchpointType: 'view' }, {}],
    ['weaker_match', 'match_type', { touchpointId: 'b', advertisingId: 'AD1' }, {}],
    ['older', 'recency', { touchpointTime: -3 }, {}],
    ['newer', 'recency', { touchpointTime: -1 }, { model: 'first_touch' }],
  ] as const)('decides on the step on which the engine says %s', (reason, name, more, rules) => {
    const time = Date.parse('2026-10-01T00:00:00Z')
    const install: Install = {
      deviceId: 'd',
      installTime: time,
      platform: 'android',
      clickId: 'a',
      referrerClickId: reason === 'weaker_match' ? null : 'b',
      advertisingId: 'AD1',
    }
    const touch = (id: string, { touchpointTime = -2, ...own }: Partial<Touchpoint> = {}): Touchpoint => ({
      touchpointId: id,
      touchpointType: 'click',
      mediaSource: 'net',
      ...own,
      touchpointTime: time + touchpointTime * HOUR,
    })
    const given = settingsSchema.parse({ version: 1, ...rules })
    const verdict = decide(install, [touch('a'), touch('b', more)], given)
    expect(verdict.candidates[1]?.rankReason).toBe(reason)
    const stored = verdict.candidates.map((one) =>
      candidate({
        touchpoint_id: one.touchpoint.touchpointId,
        touchpoint_type: one.touchpoint.touchpointType,
        match_type: one.matchType,
        eligible: one.eligible,
        rank: one.rank,
        rank_reason: one.rankReason,
        time_to_install_ms: one.timeToInstallMs,
      }),
    )
    const own = settings && { ...settings, model: given.model, priorities: given.priorities }
    expect(contestOf(decision(stored, { settings: own })).find(({ state }) => state === 'decides')?.name).toBe(name)
  })
})
