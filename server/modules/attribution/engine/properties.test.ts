import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decide } from './decide.ts'
import { CROWD_SPAN_MS } from './probability.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { AttributionSettings, Install, Touchpoint, Verdict } from './types.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 1)

/** Small pools, so that identifiers collide and times tie often. */
const id = fc.constantFrom('', null, 'A', 'a', 'b', '00000000-0000-0000-0000-000000000000')
const hoursAgo = fc.constantFrom(-25, -24, -5, -1, 0, 0.1, 0.2, 1, 2, 5, 7, 23, 24, 25, 100, 167, 168, 169, 1_000)
const ip = fc.constantFrom(null, '', '203.0.113.7', '203.0.113.7', '::ffff:203.0.113.7', '198.51.100.1', '2001:db8::1')
const osVersion = fc.constantFrom(null, '14', '15')

const touchpoints: fc.Arbitrary<Touchpoint[]> = fc
  .array(
    fc.record({
      touchpointType: fc.constantFrom('click' as const, 'view' as const),
      touchpointTime: hoursAgo.map((hours) => NOW - hours * HOUR),
      mediaSource: fc.constantFrom('google_ads', 'unity_ads', 'meta_ads'),
      campaign: fc.constantFrom(null, 'a', 'b'),
      platform: fc.constantFrom('ios' as const, 'android' as const, 'web' as const, null),
      isRetargeting: fc.boolean(),
      claimedDeviceId: fc.constantFrom(null, null, null, 'device', 'other'),
      advertisingId: id,
      idfv: id,
      customerUserId: id,
      osVersion,
      ip,
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
  osVersion,
  ip,
  probabilisticAllowed: fc.constantFrom(undefined, true, true, false),
})

const HOURS = [1, 2, 6, 12, 24]
const windows = fc.record({
  clickLookbackMs: fc.constantFrom(24, 100, 168, 720).map((hours) => hours * HOUR),
  viewLookbackMs: fc.constantFrom(1, 2, 24, 72).map((hours) => hours * HOUR),
  probabilisticWindowMs: fc.constantFrom(...HOURS).map((hours) => hours * HOUR),
})
const anySettings: fc.Arbitrary<AttributionSettings> = fc
  .record({
    own: windows,
    probabilisticEnabled: fc.boolean(),
    model: fc.constantFrom('last_touch' as const, 'first_touch' as const),
    priorities: fc.shuffledSubarray(['touchpoint_type', 'match_type', 'recency'] as const, { minLength: 3 }),
    perMediaSource: fc.record({
      meta_ads: fc.record({ viewThroughEnabled: fc.boolean(), probabilisticEnabled: fc.boolean() }),
    }),
  })
  .map(({ own, ...more }) => ({ ...DEFAULT_SETTINGS, ...own, ...more, priorities: [...more.priorities] }))
const neighbours = fc.constantFrom(0, 0, 0, 1, 5)

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
      anySettings,
      neighbours,
      (install, [list, shuffled], settings, others) => {
        expect(decide(install, shuffled, settings, [], others)).toEqual(decide(install, list, settings, [], others))
      },
    ),
    { numRuns: 2_000 },
  )
})

/** Refused, and nothing that an install's probabilities are weighed against. */
const withoutWeight = ({ matchType, refusedBy, timeToInstallMs: age }: Verdict['candidates'][number]) =>
  refusedBy !== null && ((matchType === null && refusedBy !== 'traits_differ') || age < 0 || age > CROWD_SPAN_MS)

it('a refused touchpoint that is not of the last day’s crowd never changes the outcome', () => {
  fc.assert(
    fc.property(installs, touchpoints, anySettings, (install, list, settings) => {
      const verdict = decide(install, list, settings)
      const rest = verdict.candidates.filter((one) => !withoutWeight(one)).map(({ touchpoint }) => touchpoint)
      expect(outcome(decide(install, rest, settings))).toEqual(outcome(verdict))
    }),
    { numRuns: 2_000 },
  )
})

it('adding a touchpoint that is refused never lets another one win than the one that won without it', () => {
  fc.assert(
    fc.property(installs, touchpoints, anySettings, (install, list, settings) => {
      const verdict = decide(install, list, settings)
      for (const { touchpoint, eligible } of verdict.candidates) {
        if (eligible) continue
        const without = decide(
          install,
          list.filter((one) => one !== touchpoint),
          settings,
        )
        if (without.matchType !== 'probabilistic') expect(outcome(verdict)).toEqual(outcome(without))
        // What is behind the same address may make a guess too bold; it never makes another guess.
        else if (verdict.matchType === 'probabilistic') expect(outcome(verdict)).toEqual(outcome(without))
      }
    }),
    { numRuns: 2_000 },
  )
})

it('narrower windows never create a winner: whoever is eligible under them was so under the wider ones', () => {
  fc.assert(
    fc.property(installs, touchpoints, anySettings, windows, (install, list, settings, other) => {
      const narrower = {
        ...settings,
        clickLookbackMs: Math.min(settings.clickLookbackMs, other.clickLookbackMs),
        viewLookbackMs: Math.min(settings.viewLookbackMs, other.viewLookbackMs),
        probabilisticWindowMs: Math.min(settings.probabilisticWindowMs, other.probabilisticWindowMs),
      }
      const eligible = (under: AttributionSettings) =>
        new Set(
          decide(install, list, under).candidates.flatMap((one) => (one.eligible ? [one.touchpoint.touchpointId] : [])),
        )
      expect([...eligible(narrower)].filter((id) => !eligible(settings).has(id))).toEqual([])
    }),
    { numRuns: 1_000 },
  )
})

it('probabilities are shares: from 0 to 1, 1 for every deterministic match, and 0 without one', () => {
  fc.assert(
    fc.property(installs, touchpoints, neighbours, (install, list, others) => {
      const { candidates, winner } = decide(install, list, DEFAULT_SETTINGS, [], others)
      for (const { matchType, probability } of candidates) {
        if (matchType === 'probabilistic') expect(probability).toBeGreaterThanOrEqual(0)
        else expect(probability).toBe(matchType === null ? 0 : 1)
        expect(probability).toBeLessThanOrEqual(1)
      }
      if (winner) expect(winner.probability).toBeGreaterThan(0.5)
    }),
    { numRuns: 1_000 },
  )
})

it('the winner is eligible and of first rank, every other candidate has a reason for losing', () => {
  fc.assert(
    fc.property(installs, touchpoints, anySettings, (install, list, settings) => {
      const { winner, candidates, outcome, contributors } = decide(install, list, settings)
      expect(candidates.filter(({ rank }) => rank === 1)).toHaveLength(Math.min(1, list.length))
      expect(contributors.every((one) => one.eligible && one !== winner)).toBe(true)
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
    one.matchType === 'probabilistic' ? 0 : one.matchType === 'device_id' ? 1 : 2,
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
    fc.property(installs, touchpoints, anySettings, (install, list, settings) => {
      const before = structuredClone({ install, list, settings })
      expect(decide(install, list, settings)).toEqual(decide(install, list, settings))
      expect({ install, list, settings }).toEqual(before)
    }),
  )
})
