import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decide } from './decide.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { Install, Touchpoint, Verdict } from './types.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 1)

/** Small pools, so that identifiers collide and times tie often. */
const id = fc.constantFrom('', null, 'A', 'a', 'b', '00000000-0000-0000-0000-000000000000')
const hoursAgo = fc.constantFrom(-25, -24, -5, -1, 0, 1, 2, 23, 24, 25, 100, 167, 168, 169, 1_000)

const touchpoints: fc.Arbitrary<Touchpoint[]> = fc
  .array(
    fc.record({
      touchpointType: fc.constantFrom('click' as const, 'view' as const),
      touchpointTime: hoursAgo.map((hours) => NOW - hours * HOUR),
      mediaSource: fc.constantFrom('google_ads', 'unity_ads'),
      advertisingId: id,
      idfv: id,
      customerUserId: id,
    }),
    { maxLength: 8 },
  )
  .map((list) => list.map((one, index) => ({ ...one, touchpointId: `t${index}` })))

const clickId = fc.constantFrom(null, 't0', 't1', 't2', 't3', 'unknown')
const installs: fc.Arbitrary<Install> = fc.record({
  deviceId: fc.constant('device'),
  installTime: fc.constant(NOW),
  platform: fc.constantFrom('ios' as const, 'android' as const),
  clickId,
  referrerClickId: clickId,
  advertisingId: id,
  idfv: id,
  customerUserId: id,
})

const outcome = ({ outcome, reason, matchType, winner }: Verdict) => ({
  outcome,
  reason: outcome === 'organic' ? null : reason,
  matchType,
  winner: winner?.touchpoint.touchpointId,
})

it('the order in which touchpoints come never changes the verdict', () => {
  fc.assert(
    fc.property(
      installs,
      touchpoints.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
      ),
      (install, [list, shuffled]) => {
        expect(decide(install, shuffled, DEFAULT_SETTINGS)).toEqual(decide(install, list, DEFAULT_SETTINGS))
      },
    ),
    { numRuns: 500 },
  )
})

it('touchpoints that are refused can be left out without changing the outcome', () => {
  fc.assert(
    fc.property(installs, touchpoints, (install, list) => {
      const verdict = decide(install, list, DEFAULT_SETTINGS)
      const eligible = verdict.candidates.filter((one) => one.eligible).map(({ touchpoint }) => touchpoint)
      expect(outcome(decide(install, eligible, DEFAULT_SETTINGS))).toEqual(outcome(verdict))
    }),
    { numRuns: 500 },
  )
})

it('the winner is eligible and of first rank, every other candidate has a reason for losing', () => {
  fc.assert(
    fc.property(installs, touchpoints, (install, list) => {
      const { winner, candidates, outcome } = decide(install, list, DEFAULT_SETTINGS)
      expect(candidates).toHaveLength(list.length)
      expect(outcome === 'attributed').toBe(candidates.some((one) => one.eligible))
      for (const one of candidates) {
        expect([one.refusedBy === null, one.eligible]).toEqual([one.eligible, one.refusedBy === null])
        if (one === winner) expect([one.rank, one.eligible, one.rankReason]).toEqual([1, true, null])
        else expect((one.refusedBy === null) !== (one.rankReason === null)).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

it('no eligible candidate beats the winner by the contract’s order', () => {
  const key = (one: Verdict['candidates'][number]) => [
    one.touchpoint.touchpointType === 'click' ? 1 : 0,
    one.matchType === 'device_id' ? 0 : 1,
    one.touchpoint.touchpointTime,
  ]
  const greater = (a: number[], b: number[]) => {
    const at = a.findIndex((value, index) => value !== b[index])
    return at !== -1 && (a[at] ?? 0) > (b[at] ?? 0)
  }
  fc.assert(
    fc.property(installs, touchpoints, (install, list) => {
      const { winner, candidates } = decide(install, list, DEFAULT_SETTINGS)
      for (const one of candidates) {
        if (winner && one.eligible) expect(greater(key(one), key(winner))).toBe(false)
      }
    }),
    { numRuns: 500 },
  )
})

it('deciding twice gives the same verdict and leaves the input alone', () => {
  fc.assert(
    fc.property(installs, touchpoints, (install, list) => {
      const before = structuredClone({ install, list })
      expect(decide(install, list, DEFAULT_SETTINGS)).toEqual(decide(install, list, DEFAULT_SETTINGS))
      expect({ install, list }).toEqual(before)
    }),
  )
})
