import type { IngestKind } from '#server/modules/events/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import type { Sender } from './auth.ts'
import type { Collector } from './context.ts'

/** What a request wants to bring in. */
export interface Arriving {
  /** Events or touchpoints, refused ones included. */
  count: number
  /** How many of them are not sandbox events; asked only where the plan is used up. */
  billable(): number
}

/**
 * Asks the key's rate limit and the plan whether a request's events or touchpoints are taken. All or none are; what is
 * refused is counted for the console. Every door into the log asks here, before it appends.
 * @throws AppError `rate_limited` or `quota_exceeded`, with the seconds to wait
 */
export async function admit(collector: Collector, sender: Sender, kind: IngestKind, arriving: Arriving): Promise<void> {
  const { limiter, quota, refused, metrics } = collector
  try {
    await limiter.take('eventsPerKey', sender.keyId, arriving.count)
  } catch (error) {
    if (error instanceof AppError && error.code === 'rate_limited') {
      refused.add({ ...sender, reason: 'rate_limited' }, arriving.count)
    }
    throw error
  }
  // Touchpoints are in no plan's count.
  if (kind !== 'event') return
  const refusal = await quota.refusal(sender.orgId)
  if (refusal === null || arriving.billable() === 0) return
  metrics.quotaRefused.inc(arriving.count)
  refused.add({ ...sender, reason: 'quota_exceeded' }, arriving.count)
  throw refusal
}

/** How many of some parsed items are not marked as sandbox events; what is no object counts, because it is refused anyway. */
export function billableOf(values: Iterable<unknown>): number {
  let billable = 0
  for (const value of values) {
    const sandbox =
      typeof value === 'object' && value !== null && 'environment' in value && value.environment === 'sandbox'
    if (!sandbox) billable += 1
  }
  return billable
}
