import { describe, expect, it } from 'vitest'
import { claimedTouchpoint, judgeAnswer } from './answer.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const HOUR = 3_600_000
const asked = {
  appId: 'app_1',
  deviceId: 'd1',
  installTime: NOW,
  clickWindowMs: 24 * HOUR,
  viewWindowMs: HOUR,
}
const claim = {
  claimed: true,
  claim_id: 'c-1',
  touchpoint_type: 'click',
  touchpoint_time: new Date(NOW - HOUR).toISOString(),
}
const judge = (answer: unknown) => judgeAnswer(JSON.stringify(answer), asked, NOW)

describe('a claim', () => {
  it('is believed at both ends of its window', () => {
    for (const ageMs of [0, 24 * HOUR])
      expect(judge({ ...claim, touchpoint_time: new Date(NOW - ageMs).toISOString() }).state).toBe('claimed')
    expect(judge({ ...claim, touchpoint_type: 'view' }).state).toBe('claimed')
  })

  it('is refused a millisecond outside', () => {
    expect(judge({ ...claim, touchpoint_time: NOW - 24 * HOUR - 1 }).state).toBe('failed')
    expect(judge({ ...claim, touchpoint_time: NOW + 1 }).state).toBe('failed')
    expect(judge({ ...claim, touchpoint_type: 'view', touchpoint_time: NOW - HOUR - 1 }).state).toBe('failed')
  })

  it('may name its time with an offset or in Unix milliseconds', () => {
    for (const touchpoint_time of ['2026-11-22T12:00:00+01:00', NOW - HOUR])
      expect(judge({ ...claim, touchpoint_time })).toMatchObject({ claim: { touchpoint_time: NOW - HOUR } })
  })

  it('may hold fields that nobody knows yet', () => {
    expect(judge({ ...claim, network_version: 7 }).state).toBe('claimed')
  })

  it.each([null, 1, 'x', [], {}, { claimed: null }, { claimed: 1 }, { ...claim, touchpoint_type: 'tap' }])(
    'is none in %j',
    (answer) =>
      expect(judge(answer)).toMatchObject({ state: 'failed', error: expect.stringContaining('does not fit') }),
  )
})

describe('the touchpoint of a claim', () => {
  const network = { id: 'net_1', mediaSource: 'big_net' }
  const install = { deviceId: 'd1', platform: 'ios' }
  const touchpoint = (of = network, claimId = 'c-1') => {
    const judged = judge({ ...claim, claim_id: claimId })
    if (judged.state !== 'claimed') throw new Error('The claim is a good one.')
    return claimedTouchpoint(of, install, judged.claim)
  }

  it('has an id that follows from network and claim id alone', () => {
    expect(touchpoint()).toEqual(touchpoint())
    expect(touchpoint().touchpoint_id).not.toBe(touchpoint({ ...network, id: 'net_2' }).touchpoint_id)
    expect(touchpoint().touchpoint_id).not.toBe(touchpoint(network, 'c-2').touchpoint_id)
  })

  it('names the install it is for and keeps the claim id for questions to the network', () => {
    expect(touchpoint()).toMatchObject({ claimed_device_id: 'd1', sub_params: { claim_id: 'c-1' } })
  })
})
