import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PLAN_FEATURES, PLAN_LIMITS, PLAN_LIST, PLAN_NAMES, PLANS } from './plans.ts'

const priced = PLAN_LIST.flatMap((plan) => (plan.price ? [{ name: plan.name, ...plan.price }] : []))

describe('the plans table', () => {
  it('has one entry for each plan an organization can be on', () => {
    const schema = readFileSync(join(import.meta.dirname, '../../prisma/schema/tenancy.prisma'), 'utf8')
    const [, body = ''] = /enum Plan \{([^@}]*)/.exec(schema) ?? []
    expect(body.trim().split(/\s+/)).toEqual([...PLAN_NAMES])
    expect(Object.keys(PLANS)).toEqual([...PLAN_NAMES])
    for (const name of PLAN_NAMES) expect(PLANS[name].name).toBe(name)
  })

  it('asks nothing for free, a positive price for what is sold, and leaves enterprise to an agreement', () => {
    expect(PLANS.free.price).toEqual({ monthly: 0, yearly: 0 })
    for (const { name, monthly, yearly } of priced.filter((entry) => entry.name !== 'free')) {
      expect(monthly, name).toBeGreaterThan(0)
      expect(yearly, name).toBeGreaterThan(0)
    }
    expect(PLANS.enterprise.price).toBeNull()
  })

  it('never makes a year dearer than twelve months, nor cheaper than half of them', () => {
    for (const { name, monthly, yearly } of priced) {
      expect(yearly, name).toBeLessThanOrEqual(monthly * 12)
      expect(yearly, name).toBeGreaterThanOrEqual(monthly * 6)
    }
  })

  it('raises the price from plan to plan', () => {
    for (const [index, entry] of priced.entries()) {
      const next = priced[index + 1]
      if (next) expect(next.monthly, next.name).toBeGreaterThan(entry.monthly)
    }
  })

  it.each(PLAN_LIMITS)('raises the limit %s from plan to plan, null being no limit', (limit) => {
    const values = PLAN_LIST.map((plan) => plan.limits[limit] ?? Number.POSITIVE_INFINITY)
    for (const [index, value] of values.entries()) {
      const next = values[index + 1]
      if (next !== undefined) expect(next).toBeGreaterThan(value)
    }
  })

  it('takes no feature away from plan to plan and names each once', () => {
    for (const [index, plan] of PLAN_LIST.entries()) {
      expect(new Set(plan.features).size).toBe(plan.features.length)
      const next = PLAN_LIST[index + 1]
      if (next) expect(next.features).toEqual(expect.arrayContaining([...plan.features]))
    }
    expect([...PLANS.enterprise.features].sort()).toEqual(Object.keys(PLAN_FEATURES).sort())
  })
})
