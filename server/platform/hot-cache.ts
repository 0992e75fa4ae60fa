import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { AppError } from './errors.ts'

interface Entry<V> {
  value: V
  /** Unix milliseconds from which the value must be looked up again. */
  freshUntil: number
}

export interface HotCacheOptions<V> {
  /** What is looked up, for the message when it cannot be. */
  name: string
  /** Looks one key up; `null` when it does not exist; throws when the store is away. */
  load: (key: string) => Promise<V | null>
  /** How long a found value stands without being looked up again. Changes arrive earlier through `invalidate`. */
  foundMs?: number
  /** How long "does not exist" stands. */
  absentMs?: number
  /** Most found keys held; the oldest looked-up go first. */
  capacity?: number
  /** Most absent keys held, apart from the found ones: guesses must not push out what is in use. */
  absentCapacity?: number
  /** Told of every answer, for metrics. */
  onLookup?: (result: 'hit' | 'miss' | 'stale') => void
  clock?: Clock
}

/** After a failed look-up the store is left alone this long, so that requests do not queue behind its time-outs. */
const PAUSE_AFTER_FAILURE_MS = 1_000

/**
 * Look-ups of the hot path: each key is asked for once at a time and held for a while; what was found before keeps
 * working while the store is away.
 */
export class HotCache<V> {
  readonly #entries = new Map<string, Entry<V>>()
  /** Looked up and not there: Unix milliseconds from which to look again. */
  readonly #absent = new Map<string, number>()
  readonly #running = new Map<string, Promise<V | null>>()
  readonly #options: Required<Omit<HotCacheOptions<V>, 'onLookup'>> & Pick<HotCacheOptions<V>, 'onLookup'>
  #pausedUntil = 0

  constructor(options: HotCacheOptions<V>) {
    this.#options = {
      foundMs: 60_000,
      absentMs: 3_000,
      capacity: 100_000,
      absentCapacity: 10_000,
      clock: systemClock,
      ...options,
    }
  }

  /**
   * The value of a key; `null` when it does not exist.
   * @throws AppError `unavailable` when the store is away and nothing was found under the key before
   */
  async get(key: string): Promise<V | null> {
    const entry = this.#entries.get(key)
    const now = this.#options.clock.now()
    if (entry && now < entry.freshUntil) {
      this.#options.onLookup?.('hit')
      return entry.value
    }
    if (now < (this.#absent.get(key) ?? 0)) {
      this.#options.onLookup?.('hit')
      return null
    }
    try {
      if (now < this.#pausedUntil) throw new AppError('unavailable', 'The store was away a moment ago.')
      const value = await this.#load(key)
      this.#options.onLookup?.('miss')
      return value
    } catch (cause) {
      if (entry) {
        this.#options.onLookup?.('stale')
        return entry.value
      }
      throw new AppError(
        'unavailable',
        `The ${this.#options.name} cannot be checked at the moment. Try again shortly.`,
        {
          retryAfter: 2,
          cause,
        },
      )
    }
  }

  /** Whether a key was found before and is still held, fresh or not: asking for it again is no guess. */
  holds(key: string): boolean {
    return this.#entries.has(key)
  }

  #load(key: string): Promise<V | null> {
    const running = this.#running.get(key)
    if (running) return running
    const { load, clock } = this.#options
    const started = load(key).then(
      (value) => {
        // An invalidation that came meanwhile took the entry out of #running: this answer may be older than it.
        if (this.#running.get(key) === started) {
          this.#running.delete(key)
          this.#keep(key, value)
        }
        return value
      },
      (error: unknown) => {
        if (this.#running.get(key) === started) this.#running.delete(key)
        this.#pausedUntil = clock.now() + PAUSE_AFTER_FAILURE_MS
        throw error
      },
    )
    this.#running.set(key, started)
    return started
  }

  #keep(key: string, value: V | null): void {
    const { foundMs, absentMs, capacity, absentCapacity, clock } = this.#options
    this.#entries.delete(key)
    this.#absent.delete(key)
    if (value === null) {
      this.#absent.set(key, clock.now() + absentMs)
      dropOldest(this.#absent, absentCapacity)
    } else {
      this.#entries.set(key, { value, freshUntil: clock.now() + foundMs })
      dropOldest(this.#entries, capacity)
    }
  }

  /** Forgets one key altogether: it changed in a way that the old value must not outlive, such as a revocation. */
  drop(key: string): void {
    this.#running.delete(key)
    this.#entries.delete(key)
    this.#absent.delete(key)
  }

  /** Has entries looked up again before their next use; while the store is away their old values still stand. */
  refresh(matches: (key: string, value: V | null) => boolean = () => true): void {
    // Answers under way may be older than the change.
    this.#running.clear()
    for (const [key, entry] of this.#entries) if (matches(key, entry.value)) entry.freshUntil = 0
    for (const key of this.#absent.keys()) if (matches(key, null)) this.#absent.delete(key)
  }
}

/** Takes out what was put in first, until so many are left. */
function dropOldest(map: Map<string, unknown>, capacity: number): void {
  for (const key of map.keys()) {
    if (map.size <= capacity) return
    map.delete(key)
  }
}
