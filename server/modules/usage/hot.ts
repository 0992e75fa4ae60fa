import { PLAN_NAMES, PLANS, type PlanName } from '#server/entitlements/plans.ts'
import { monthOf, quotaOf } from '#server/entitlements/quota.ts'
import { type Clock, systemClock } from '#server/platform/clock.ts'
import { AppError } from '#server/platform/errors.ts'
import { HotCache, type HotCacheOptions } from '#server/platform/hot-cache.ts'
import type { HotPostgres } from '#server/stores/postgres/hot.ts'

interface HotQuota {
  plan: PlanName
  /** Counted so far in `month`. */
  events: number
  month: string
}

/** Whether organizations may still send events, from a cache that changes of plan and usage reach by notice. */
export interface QuotaLookup {
  /**
   * Why an organization's events are refused; null while they are taken. While Postgres is away and nothing is known,
   * they are: an outage of ours must not cost anybody data.
   */
  refusal(orgId: string): Promise<AppError | null>
}

/** The quota of an installation that enforces none (QUOTAS=off). */
export const NO_QUOTA: QuotaLookup = { refusal: () => Promise.resolve(null) }

/** Caches plan and usage of organizations over Postgres and follows its notices. */
export function createQuotaLookup(
  db: HotPostgres,
  options: { clock?: Clock; onLookup?: HotCacheOptions<HotQuota>['onLookup'] } = {},
): QuotaLookup {
  const { clock = systemClock, onLookup } = options
  const cache = new HotCache<HotQuota>({
    name: 'quota',
    clock,
    onLookup,
    load: async (orgId) => {
      const { month } = monthOf(clock.now())
      const rows = await db.query<{ plan: string; events: string }>('select plan, events from lookup_quota($1, $2)', [
        orgId,
        month,
      ])
      const plan = PLAN_NAMES.find((name) => name === rows[0]?.plan)
      return plan && rows[0] ? { plan, events: Number(rows[0].events), month } : null
    },
  })
  db.onChange(({ kind, id }) => {
    if (kind === 'everything') cache.refresh()
    else if (kind === 'quota') cache.refresh((orgId) => orgId === id)
  })
  const known = (orgId: string) => cache.get(orgId).catch(() => null)
  return {
    async refusal(orgId) {
      const { month } = monthOf(clock.now())
      let quota = await known(orgId)
      if (quota && quota.month !== month) {
        cache.refresh((key) => key === orgId)
        quota = await known(orgId)
      }
      return quota && quota.month === month ? refusalOf(quota, clock.now()) : null
    },
  }
}

function refusalOf({ plan, events }: HotQuota, now: number): AppError | null {
  const { included, refusedFrom } = quotaOf(plan)
  if (included === null || refusedFrom === null || events < refusedFrom) return null
  const number = (value: number) => value.toLocaleString('en-US')
  const { to } = monthOf(now)
  return new AppError(
    'quota_exceeded',
    `This organization sent ${number(events)} events this month. Its plan, ${PLANS[plan].title}, includes ${number(included)} ` +
      `and refuses more than ${number(refusedFrom)}. They are taken again from ${new Date(to).toISOString().slice(0, 10)} (UTC) on, ` +
      'or as soon as the plan changes. Sandbox events are still taken.',
    { retryAfter: Math.max(1, Math.ceil((to - now) / 1000)) },
  )
}
