import { hash } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Logger } from '#server/platform/logger.ts'
import type { LocalBuckets, Taken, TokenBuckets } from './token-bucket.ts'

/**
 * Grants at least `need` and at most `want` tokens, or none. Redis' own clock, so that collectors need not agree on theirs.
 * Arguments: tokens a second (also the capacity), need, want. Answers tokens granted, tokens left.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local rate, need, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local bucket = redis.call('HMGET', KEYS[1], 't', 'a')
local tokens = rate
if bucket[1] then tokens = math.min(rate, tonumber(bucket[1]) + math.max(0, now - tonumber(bucket[2])) * rate / 1000) end
local granted = 0
if tokens >= need then granted = math.max(need, math.min(want, math.floor(tokens))) end
tokens = tokens - granted
redis.call('HSET', KEYS[1], 't', string.format('%.3f', tokens), 'a', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], 2000)
return {granted, string.format('%.3f', tokens)}`
const SCRIPT_SHA = hash('sha1', SCRIPT, 'hex')

/** Longest wait for Redis; a request waits for it, so that it is short. */
const TIMEOUT_MS = 250
/** After a failure Redis is left alone this long, and the local buckets decide. */
const PAUSE_MS = 1_000
/** Tokens are fetched for so many milliseconds of the full rate at a time, so that a busy caller costs few round trips. */
const LEASE_MS = 50
/** Fetched tokens that were not used by then are forgone. */
const LEASE_ENDS_MS = 1_000
/** How long a refusal stands without asking again. */
const REFUSAL_STANDS_MS = 50
const SWEEP_AT = 10_000

/** The connection over which collectors share their limits. */
export interface SharedLimits {
  /** Runs the script; throws when Redis is away or too slow. */
  take(key: string, perSecond: number, need: number, want: number): Promise<{ granted: number; left: number }>
  close(): void
}

/**
 * Connects to Redis and goes on connecting for as long as it takes; being away is no error.
 * @param url REDIS_URL
 */
export function openSharedLimits(url: string, logger: Logger): SharedLimits {
  const redis = new Redis(url, {
    connectionName: 'unmogrowp-collector',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 100, 5_000),
  })
  let away = false
  redis.on('error', (error) => {
    if (!away) logger.warn({ err: error }, 'Redis is away; each collector limits alone until it is back')
    away = true
  })
  redis.on('ready', () => {
    if (away) logger.info('Redis is back; limits are shared again')
    away = false
  })
  return {
    async take(key, perSecond, need, want) {
      const values = [key, perSecond, need, want]
      const answer = await redis.evalsha(SCRIPT_SHA, 1, ...values).catch((error: unknown) => {
        if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return redis.eval(SCRIPT, 1, ...values)
        throw error
      })
      const [granted, left] = Array.isArray(answer) ? answer.map(Number) : []
      if (granted === undefined || left === undefined) throw new Error('Redis did not answer as the script does.')
      return { granted, left }
    },
    close: () => redis.disconnect(),
  }
}

interface Lease {
  tokens: number
  until: number
}

/**
 * Token buckets that all collectors on one Redis draw from. Each fetches a few percent of a second's tokens at a time and
 * spends them by itself, so that together they never grant more than the rate. While Redis is away, local buckets decide.
 */
export class SharedBuckets implements TokenBuckets {
  readonly #shared: SharedLimits
  readonly #name: string
  readonly #perSecond: number
  readonly #local: LocalBuckets
  readonly #leases = new Map<string, Lease>()
  readonly #refusals = new Map<string, { points: number; remaining: number; until: number }>()
  readonly #asking = new Map<string, Promise<unknown>>()
  #pausedUntil = 0

  /** @param name of the limit; collectors with the same name share */
  constructor(shared: SharedLimits, name: string, perSecond: number, local: LocalBuckets) {
    this.#shared = shared
    this.#name = name
    this.#perSecond = perSecond
    this.#local = local
  }

  async take(who: string, points: number): Promise<Taken> {
    // One question at a time for each caller: those that wait find what it brought.
    for (let running = this.#asking.get(who); running; running = this.#asking.get(who)) await running
    const known = this.#known(who, points)
    if (known) return known
    if (performance.now() < this.#pausedUntil) return this.#local.take(who, points)
    const asked = this.#ask(who, points)
    this.#asking.set(who, asked)
    try {
      return await asked
    } finally {
      this.#asking.delete(who)
    }
  }

  emptyFor(who: string): number {
    if (performance.now() < this.#pausedUntil) return this.#local.emptyFor(who)
    const refusal = this.#refusals.get(who)
    if (!refusal || refusal.remaining >= 1) return 0
    return Math.max(0, Math.ceil(refusal.until - performance.now()))
  }

  /** What can be answered without Redis. */
  #known(who: string, points: number): Taken | undefined {
    const now = performance.now()
    const lease = this.#leases.get(who)
    if (lease && lease.until > now && lease.tokens >= points) {
      lease.tokens -= points
      return { granted: true, remaining: lease.tokens, waitMs: 0 }
    }
    const refusal = this.#refusals.get(who)
    if (refusal && refusal.until > now && points >= refusal.points) {
      return { granted: false, remaining: refusal.remaining, waitMs: Math.max(1, Math.ceil(refusal.until - now)) }
    }
    return undefined
  }

  async #ask(who: string, points: number): Promise<Taken> {
    const held = this.#leases.get(who)
    const left = held && held.until > performance.now() ? held.tokens : 0
    const need = points - left
    const want = Math.max(need, Math.ceil((this.#perSecond * LEASE_MS) / 1000))
    let answer: { granted: number; left: number }
    try {
      answer = await this.#shared.take(`unmogrowp:limit:${this.#name}:${who}`, this.#perSecond, need, want)
    } catch {
      this.#pausedUntil = performance.now() + PAUSE_MS
      return this.#local.take(who, points)
    }
    const now = performance.now()
    if (this.#leases.size + this.#refusals.size > SWEEP_AT) this.#sweep(now)
    if (answer.granted >= need) {
      const tokens = left + answer.granted - points
      this.#leases.set(who, { tokens, until: now + LEASE_ENDS_MS })
      this.#refusals.delete(who)
      // The last token of a bucket is worth remembering: the next caller need not ask.
      if (tokens < 1 && answer.left < 1) this.#refuse(who, 1, 0, 1 - answer.left, now)
      return { granted: true, remaining: Math.floor(tokens + answer.left), waitMs: 0 }
    }
    const missing = Math.min(need, this.#perSecond) - answer.left
    const waitMs = this.#refuse(who, points, Math.floor(answer.left), missing, now)
    return { granted: false, remaining: Math.floor(answer.left), waitMs }
  }

  #refuse(who: string, points: number, remaining: number, missing: number, now: number): number {
    const waitMs = Math.max(1, Math.ceil((missing / this.#perSecond) * 1000))
    this.#refusals.set(who, { points, remaining, until: now + Math.min(waitMs, REFUSAL_STANDS_MS) })
    return waitMs
  }

  #sweep(now: number): void {
    for (const [who, { until }] of this.#leases) if (until <= now) this.#leases.delete(who)
    for (const [who, { until }] of this.#refusals) if (until <= now) this.#refusals.delete(who)
  }
}
