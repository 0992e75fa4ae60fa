/** What became of an attempt to take tokens. */
export interface Taken {
  granted: boolean
  /** Whole tokens left. */
  remaining: number
  /** Milliseconds until as many are there; 0 when they were granted. */
  waitMs: number
}

/** Buckets of tokens, one for each caller: each fills at the same rate up to its capacity, and starts full. */
export interface TokenBuckets {
  /** Takes tokens if there are enough, all or none. More than the capacity are never granted. */
  take(who: string, points: number): Taken | Promise<Taken>
  /** Milliseconds until a caller's bucket, as far as this process knows, holds a token again; 0 when it does. */
  emptyFor(who: string): number
}

interface Bucket {
  tokens: number
  /** Milliseconds of the monotonic clock at which `tokens` was true. */
  at: number
}

const SWEEP_AT = 10_000

/** Token buckets in this process's memory. */
export class LocalBuckets implements TokenBuckets {
  readonly #perSecond: number
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()
  #sweepAt = SWEEP_AT

  /**
   * @param perSecond tokens that come back each second; also the capacity
   * @param now monotonic milliseconds
   */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#now = now
  }

  /** How many callers are held in memory. */
  get size(): number {
    return this.#buckets.size
  }

  take(who: string, points: number): Taken {
    const bucket = this.#filled(who)
    if (bucket.tokens >= points) {
      bucket.tokens -= points
      return { granted: true, remaining: Math.floor(bucket.tokens), waitMs: 0 }
    }
    const missing = Math.min(points, this.#perSecond) - bucket.tokens
    const waitMs = Math.max(1, Math.ceil((missing / this.#perSecond) * 1000))
    return { granted: false, remaining: Math.floor(bucket.tokens), waitMs }
  }

  emptyFor(who: string): number {
    const bucket = this.#buckets.get(who)
    if (!bucket) return 0
    const tokens = bucket.tokens + ((this.#now() - bucket.at) * this.#perSecond) / 1000
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / this.#perSecond) * 1000)
  }

  #filled(who: string): Bucket {
    const now = this.#now()
    let bucket = this.#buckets.get(who)
    if (!bucket) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep(now)
      bucket = { tokens: this.#perSecond, at: now }
      this.#buckets.set(who, bucket)
    } else {
      bucket.tokens = Math.min(this.#perSecond, bucket.tokens + ((now - bucket.at) * this.#perSecond) / 1000)
      bucket.at = now
    }
    return bucket
  }

  /** A bucket that was left alone for a second is full, and as good as absent. */
  #sweep(now: number): void {
    for (const [who, { at }] of this.#buckets) if (now - at >= 1000) this.#buckets.delete(who)
    this.#sweepAt = Math.max(SWEEP_AT, this.#buckets.size * 2)
  }
}
