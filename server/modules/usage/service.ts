import { PLANS, type PlanName } from '#server/entitlements/plans.ts'
import { monthOf, type QuotaLevel, quotaLevel, quotaOf } from '#server/entitlements/quota.ts'
import { env } from '#server/platform/env.ts'
import type { OrgId } from '#server/platform/ids.ts'
import { postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'

/** What an organization used of its plan in the running month (UTC). */
export interface UsageView {
  /** First day, `YYYY-MM-01`, and the day on which the next month begins. */
  month: string
  endsOn: string
  /** Accepted events without sandbox; null while nothing was counted yet. */
  events: number | null
  /** When they were counted. */
  countedAt: Date | null
  /** Title of the plan. */
  plan: string
  /** Events that the plan includes; null: no bound, or none is enforced here. */
  included: number | null
  /** From how many events on more are refused; null: never. */
  refusedFrom: number | null
  level: QuotaLevel
  /** Whether this installation enforces plans (QUOTAS). */
  enforced: boolean
}

/** The running month of an organization. */
export async function usageOf(org: { orgId: OrgId; plan: PlanName }, now: number): Promise<UsageView> {
  const { month, from, to } = monthOf(now)
  const enforced = env().QUOTAS === 'plan'
  const counted = await withOrg(org.orgId, (tx) =>
    tx.organizationUsage.findUnique({ where: { orgId_month: { orgId: org.orgId, month: new Date(from) } } }),
  )
  const { included, refusedFrom } = enforced ? quotaOf(org.plan) : { included: null, refusedFrom: null }
  const events = counted ? Number(counted.events) : null
  return {
    month,
    endsOn: new Date(to).toISOString().slice(0, 10),
    events,
    countedAt: counted?.computedAt ?? null,
    plan: PLANS[org.plan].title,
    included,
    refusedFrom,
    level: enforced ? quotaLevel(org.plan, events ?? 0) : 'ok',
    enforced,
  }
}

const KEPT_DAYS = 90

/** Removes counts of refused events that are older than the console shows. */
export async function forgetOldRefusals(now: number): Promise<void> {
  await postgres().$executeRaw`select forget_refused(${new Date(now - KEPT_DAYS * 86_400_000)}::timestamptz)`
}
