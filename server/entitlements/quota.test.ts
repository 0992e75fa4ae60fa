import { describe, expect, it } from 'vitest'
import { PLAN_NAMES, PLANS } from './plans.ts'
import { monthOf, quotaLevel, quotaOf } from './quota.ts'

describe('quota', () => {
  it('goes from ok to near, over and refused at 80 %, 100 % and the plan’s own bound', () => {
    const included = PLANS.free.limits.eventsPerMonth ?? 0
    const { refusedFrom } = quotaOf('free')
    expect(refusedFrom).toBe(1_200_000)
    const counts = [0, included * 0.8 - 1, included * 0.8, included - 1, included, 1_199_999, 1_200_000]
    expect(counts.map((count) => quotaLevel('free', count))).toEqual([
      'ok',
      'ok',
      'near',
      'near',
      'over',
      'over',
      'refused',
    ])
  })

  it('refuses nothing on a plan that bills what is above', () => {
    for (const plan of PLAN_NAMES.filter((name) => name !== 'free')) {
      expect(quotaOf(plan).refusedFrom, plan).toBeNull()
      expect(['ok', 'over'], plan).toContain(quotaLevel(plan, 1e12))
    }
  })

  it('begins and ends months at midnight UTC, over the turn of the year too', () => {
    expect(monthOf(Date.parse('2026-12-31T23:59:59.999Z'))).toEqual({
      month: '2026-12-01',
      from: Date.parse('2026-12-01T00:00:00Z'),
      to: Date.parse('2027-01-01T00:00:00Z'),
    })
    expect(monthOf(Date.parse('2027-01-01T00:00:00Z')).month).toBe('2027-01-01')
  })
})
