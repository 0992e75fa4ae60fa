import { AppError } from '#server/platform/errors.ts'
import { networkOf } from './client-ip.ts'
import { SharedBuckets, type SharedLimits } from './shared-buckets.ts'
import { LocalBuckets, type TokenBuckets } from './token-bucket.ts'

/**
 * How much one caller may do each second; as much at once after a pause. 0 switches a limit off. Addresses of one IPv6
 * network of 64 bits count together.
 */
export interface RateLimits {
  /** Events and touchpoints of one key. */
  eventsPerKey: number
  /** Requests of one address, clicks and views included. */
  requestsPerIp: number
  /** Requests of one address with a key or link that does not exist: each costs a look-up in Postgres. */
  wrongKeysPerIp: number
}

/** Generous: they stop a runaway client or a flood, not a busy customer or a carrier's shared address. */
export const DEFAULT_LIMITS: RateLimits = { eventsPerKey: 500_000, requestsPerIp: 20_000, wrongKeysPerIp: 50 }

/** The limits with their token buckets. */
export interface Limiter {
  /**
   * Counts something against a limit.
   * @throws AppError `rate_limited` with the seconds until it is free again
   */
  take(limit: keyof RateLimits, who: string, points?: number): Promise<void>
  /**
   * Asks this process's memory alone whether a limit is used up; counts nothing.
   * @throws AppError `rate_limited` when it is
   */
  check(limit: keyof RateLimits, who: string): Promise<void>
}

const WORDS: Record<keyof RateLimits, { name: string; message: string }> = {
  eventsPerKey: {
    name: 'events-per-key',
    message: 'This key sends more events than its limit allows. Slow down, and send them again after the pause.',
  },
  requestsPerIp: {
    name: 'requests-per-address',
    message: 'This address sends more requests than its limit allows. Slow down, or send more events in each request.',
  },
  wrongKeysPerIp: {
    name: 'unknown-keys-per-address',
    message:
      'This address sent too many requests with keys or links that do not exist. Check them and try again later.',
  },
}

/**
 * Makes a limiter.
 * @param onLimit told of each refusal
 * @param shared where several collectors count together; absent: this process alone
 */
export function createLimiter(
  limits: RateLimits,
  onLimit: (limit: keyof RateLimits) => void,
  shared?: SharedLimits,
): Limiter {
  const make = (limit: keyof RateLimits): TokenBuckets | undefined => {
    if (limits[limit] === 0) return undefined
    const local = new LocalBuckets(limits[limit])
    return shared ? new SharedBuckets(shared, WORDS[limit].name, limits[limit], local) : local
  }
  const buckets: Record<keyof RateLimits, TokenBuckets | undefined> = {
    eventsPerKey: make('eventsPerKey'),
    requestsPerIp: make('requestsPerIp'),
    wrongKeysPerIp: make('wrongKeysPerIp'),
  }
  const refuse = (limit: keyof RateLimits, waitMs: number, remaining: number) => {
    onLimit(limit)
    const { name, message } = WORDS[limit]
    return new AppError('rate_limited', message, {
      retryAfter: Math.max(1, Math.ceil(waitMs / 1000)),
      limit: { name, quota: limits[limit], windowSeconds: 1, remaining },
    })
  }
  const callerOf = (limit: keyof RateLimits, who: string) => (limit === 'eventsPerKey' ? who : networkOf(who))
  return {
    async take(limit, who, points = 1) {
      const bucket = buckets[limit]
      if (!bucket) return
      const attempt = bucket.take(callerOf(limit, who), points)
      const { granted, remaining, waitMs } = attempt instanceof Promise ? await attempt : attempt
      if (!granted) throw refuse(limit, waitMs, remaining)
    },
    async check(limit, who) {
      const waitMs = buckets[limit]?.emptyFor(callerOf(limit, who)) ?? 0
      if (waitMs > 0) throw refuse(limit, waitMs, 0)
    },
  }
}
