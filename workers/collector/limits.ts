import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '#server/platform/errors.ts'

/** How much one caller may do each second, per collector process. 0 switches a limit off. */
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

/** The limits with their counters, in this process's memory. */
export interface Limiter {
  /**
   * Counts something against a limit.
   * @throws AppError `rate_limited` with the seconds until it is free again
   */
  take(limit: keyof RateLimits, who: string, points?: number): Promise<void>
  /** @throws AppError `rate_limited` when the limit is already used up; counts nothing */
  check(limit: keyof RateLimits, who: string): Promise<void>
}

const MESSAGES: Record<keyof RateLimits, string> = {
  eventsPerKey: 'This key sends more events than its limit allows. Slow down, and send them again after the pause.',
  requestsPerIp:
    'This address sends more requests than its limit allows. Slow down, or send more events in each request.',
  wrongKeysPerIp:
    'This address sent too many requests with keys or links that do not exist. Check them and try again later.',
}

/** Makes a limiter; `onLimit` is told of each refusal. */
export function createLimiter(limits: RateLimits, onLimit: (limit: keyof RateLimits) => void): Limiter {
  const make = (points: number) => (points > 0 ? new RateLimiterMemory({ points, duration: 1 }) : undefined)
  const limiters: Record<keyof RateLimits, RateLimiterMemory | undefined> = {
    eventsPerKey: make(limits.eventsPerKey),
    requestsPerIp: make(limits.requestsPerIp),
    wrongKeysPerIp: make(limits.wrongKeysPerIp),
  }
  const refuse = (limit: keyof RateLimits, msBeforeNext: number) => {
    onLimit(limit)
    const retryAfter = Math.max(1, Math.ceil(msBeforeNext / 1000))
    return new AppError('rate_limited', MESSAGES[limit], { retryAfter })
  }
  return {
    async take(limit, who, points = 1) {
      try {
        await limiters[limit]?.consume(who, points)
      } catch (result) {
        if (result instanceof RateLimiterRes) throw refuse(limit, result.msBeforeNext)
        throw result
      }
    },
    async check(limit, who) {
      const state = await limiters[limit]?.get(who)
      if (state && state.consumedPoints >= limits[limit]) throw refuse(limit, state.msBeforeNext)
    },
  }
}
