import { z } from 'zod'
import { PLAN_NAMES, type PlanName } from '#server/entitlements/plans.ts'
import { type Month, monthOf, quotaLevel, quotaOf, WARN_AT_PERCENT } from '#server/entitlements/quota.ts'
import { postgres } from '#server/stores/index.ts'
import { countMonth } from './count.ts'
import { warnOrganization } from './warn.ts'

const plansSchema = z.array(z.object({ org_id: z.string(), plan: z.enum(PLAN_NAMES) }))
const claimsSchema = z.array(z.object({ org_id: z.string(), threshold: z.number() }))

interface Usage {
  orgId: string
  plan: PlanName
  events: number
}

/**
 * Counts the running month of every organization and keeps it where console and collectors read it; collectors are told
 * when what follows from it changed.
 * @param options now: Unix milliseconds; warn: whether owners are told by mail when the plan is nearly or wholly used up
 * @returns how many organizations have events, and the mails that could not be sent, which are tried again later
 * @throws when a store does not answer; the counts of before stay
 */
export async function refreshUsage(options: {
  now: number
  warn: boolean
}): Promise<{ organizations: number; failedMails: unknown[] }> {
  const month = monthOf(options.now)
  const counts = await countMonth(month)
  const plans = plansSchema.parse(
    await postgres().$queryRaw`select org_id, plan from lookup_plans(${[...counts.keys()]}::text[])`,
  )
  const usage = plans.map(({ org_id: orgId, plan }) => ({ orgId, plan, events: counts.get(orgId) ?? 0 }))
  if (usage.length > 0) await record(month, usage)
  const failedMails = options.warn ? await warnAll(month, usage) : []
  return { organizations: usage.length, failedMails }
}

async function record({ month }: Month, usage: readonly Usage[]): Promise<void> {
  const orgIds = usage.map(({ orgId }) => orgId)
  const events = usage.map((one) => BigInt(one.events))
  const levels = usage.map(({ plan, events }) => quotaLevel(plan, events))
  await postgres()
    .$executeRaw`select record_usage(${month}::date, ${orgIds}::text[], ${events}::bigint[], ${levels}::text[])`
}

/**
 * Sends one mail, about the highest threshold, to each organization that reached one it was not told of this month, under
 * the plan it has now: after an upgrade the larger plan has warnings of its own.
 */
async function warnAll(month: Month, usage: readonly Usage[]): Promise<unknown[]> {
  const reached = usage.flatMap(({ orgId, plan, events }) => {
    const { included } = quotaOf(plan)
    const passed = WARN_AT_PERCENT.filter((percent) => included !== null && events >= (included * percent) / 100)
    return passed.map((threshold) => ({ orgId, plan, threshold }))
  })
  if (reached.length === 0) return []
  const orgIds = reached.map(({ orgId }) => orgId)
  const plans = reached.map(({ plan }) => plan)
  const thresholds = reached.map(({ threshold }) => threshold)
  const claimed = claimsSchema.parse(
    await postgres()
      .$queryRaw`select * from claim_quota_warnings(${month.month}::date, ${orgIds}::text[], ${plans}::text[], ${thresholds}::int[])`,
  )
  const failures: unknown[] = []
  for (const one of usage) {
    const own = claimed.filter(({ org_id: orgId }) => orgId === one.orgId).map(({ threshold }) => threshold)
    if (own.length === 0) continue
    try {
      await warnOrganization({ ...one, month, thresholds: own })
    } catch (error) {
      failures.push(error)
    }
  }
  return failures
}
