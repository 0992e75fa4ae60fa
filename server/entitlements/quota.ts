import { PLANS, type PlanName } from './plans.ts'

/**
 * Where an organization stands against the events its plan includes in a calendar month (UTC).
 * `near`: from 80 % on; `over`: all are used, more is taken; `refused`: more is refused until the month ends.
 */
export type QuotaLevel = 'ok' | 'near' | 'over' | 'refused'

/** Percent of the included events at which an organization is told, once a month each. */
export const WARN_AT_PERCENT = [80, 100] as const

/** How many events a plan includes in a month, and from how many on more are refused; null: no such bound. */
export function quotaOf(plan: PlanName): { included: number | null; refusedFrom: number | null } {
  const { limits, refusesAbove } = PLANS[plan]
  const included = limits.eventsPerMonth
  const refused = included === null || refusesAbove === null
  return { included, refusedFrom: refused ? null : Math.round(included * refusesAbove) }
}

/** The level of a plan at a count of events. */
export function quotaLevel(plan: PlanName, events: number): QuotaLevel {
  const { included, refusedFrom } = quotaOf(plan)
  if (included === null) return 'ok'
  if (refusedFrom !== null && events >= refusedFrom) return 'refused'
  if (events >= included) return 'over'
  return events >= (included * WARN_AT_PERCENT[0]) / 100 ? 'near' : 'ok'
}

/** A calendar month in UTC. */
export interface Month {
  /** Its first day, `YYYY-MM-01`. */
  month: string
  /** Unix milliseconds at which it begins and at which the next one does. */
  from: number
  to: number
}

/** The month (UTC) that a moment in Unix milliseconds lies in. */
export function monthOf(now: number): Month {
  const date = new Date(now)
  const from = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  const to = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
  return { month: new Date(from).toISOString().slice(0, 10), from, to }
}
