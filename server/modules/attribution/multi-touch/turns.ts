import { AppError } from '#server/platform/errors.ts'
import type { Stepwise } from '../models/index.ts'

/** For how long one turn keeps the process from its other requests, in ms; a step more at the most. */
const TURN_MS = 8
/** Computations that take turns; who comes beyond is told to come again. */
const MOST_AT_ONCE = 16
/** How long a computation may take with its waiting, in ms. */
const DEADLINE_MS = 30_000
/** Results that are remembered, the latest. */
const REMEMBERED = 64

interface Job {
  /** Null when it is over: a generator keeps what it was given, and what is remembered for a result must not keep that. */
  work: Stepwise<unknown> | null
  /** On the clock of `performance.now`. */
  deadline: number
  done(result: unknown): void
  failed(error: unknown): void
}

interface Shared {
  result: Promise<unknown>
  /** Who still wants it. */
  waiting: number
  job: Job
}

/**
 * Long computations inside a process that answers requests: each gets a short turn between whatever else there is to do, so
 * that nobody waits for a computation but who asked for it. All of them together take one core.
 */
export class Turns {
  readonly #jobs: Job[] = []
  /** By key, the latest asked for last; those that are being computed among them. */
  readonly #shared = new Map<string, Shared>()
  readonly #limits: { turnMs: number; atOnce: number; deadlineMs: number; remembered: number }
  #running = false

  /** @param limits others than the usual ones, for tests */
  constructor(limits: { turnMs?: number; atOnce?: number; deadlineMs?: number; remembered?: number } = {}) {
    const usual = { turnMs: TURN_MS, atOnce: MOST_AT_ONCE, deadlineMs: DEADLINE_MS, remembered: REMEMBERED }
    this.#limits = { ...usual, ...limits }
  }

  /**
   * Computes something.
   * @param signal whose end gives the computation up
   * @throws AppError unavailable when too many computations wait, when it takes too long, or when it was given up
   */
  async run<T>(work: Stepwise<T>, signal?: AbortSignal): Promise<T> {
    const { job, result } = this.#start(work)
    return this.#unless(signal, result, () => this.#giveUp(job)) as Promise<T>
  }

  /**
   * Computes something once for everybody who asks with the same key, and remembers what came out, an error too.
   * @param key names all that the result depends on
   * @param work only looked at where the result is not there
   * @param signal the computation is given up when all who asked have gone
   * @throws AppError as {@link run}
   */
  async share<T>(key: string, work: () => Stepwise<T>, signal?: AbortSignal): Promise<T> {
    const found = this.#shared.get(key)
    const shared = found ?? this.#remember(key, work())
    if (found) {
      this.#shared.delete(key)
      this.#shared.set(key, found)
    }
    shared.waiting += 1
    const leave = () => {
      shared.waiting -= 1
      if (shared.waiting > 0 || !this.#jobs.includes(shared.job)) return
      this.#shared.delete(key)
      this.#giveUp(shared.job)
    }
    return this.#unless(signal, shared.result, leave) as Promise<T>
  }

  #remember(key: string, work: Stepwise<unknown>): Shared {
    const shared: Shared = { ...this.#start(work), waiting: 0 }
    this.#shared.set(key, shared)
    for (const [oldest, { job }] of this.#shared) {
      if (this.#shared.size <= this.#limits.remembered) break
      if (!this.#jobs.includes(job)) this.#shared.delete(oldest)
    }
    // What failed for want of time says nothing about the next attempt.
    shared.result.catch((error: unknown) => {
      if (error instanceof AppError && this.#shared.get(key) === shared) this.#shared.delete(key)
    })
    return shared
  }

  #start(work: Stepwise<unknown>): { job: Job; result: Promise<unknown> } {
    if (this.#jobs.length >= this.#limits.atOnce) {
      throw new AppError('unavailable', 'Many models are being computed right now. Try again in half a minute.', {
        retryAfter: 30,
      })
    }
    const { promise: result, resolve: done, reject: failed } = Promise.withResolvers<unknown>()
    const job: Job = { work, deadline: performance.now() + this.#limits.deadlineMs, done, failed }
    this.#jobs.push(job)
    if (!this.#running) {
      this.#running = true
      setImmediate(() => this.#turn())
    }
    return { job, result }
  }

  #giveUp(job: Job): void {
    const place = this.#jobs.indexOf(job)
    if (place < 0) return
    this.#jobs.splice(place, 1)
    job.work = null
    job.failed(new AppError('unavailable', 'The request was cancelled.'))
  }

  /** The computation whose turn it is goes on for a while; then everything else that waits in the process. */
  #turn(): void {
    const job = this.#jobs.shift()
    if (job?.work) {
      if (this.#isOver(job, job.work)) job.work = null
      else this.#jobs.push(job)
    }
    this.#running = this.#jobs.length > 0
    if (this.#running) setImmediate(() => this.#turn())
  }

  /** Goes on with a computation for a while. @returns whether it is over */
  #isOver(job: Job, work: Stepwise<unknown>): boolean {
    const began = performance.now()
    if (began > job.deadline) {
      const message = 'Too much is being computed right now for these models. Try again in half a minute.'
      job.failed(new AppError('unavailable', message, { retryAfter: 30 }))
      return true
    }
    try {
      do {
        const step = work.next()
        if (!step.done) continue
        job.done(step.value)
        return true
      } while (performance.now() - began < this.#limits.turnMs)
    } catch (error) {
      job.failed(error)
      return true
    }
    return false
  }

  /** The result, or the end of whoever waits for it. */
  #unless(signal: AbortSignal | undefined, result: Promise<unknown>, leave: () => void): Promise<unknown> {
    if (!signal) return result
    return new Promise((resolve, reject) => {
      const end = () => {
        leave()
        reject(new AppError('unavailable', 'The request was cancelled.'))
      }
      if (signal.aborted) {
        end()
        // Nobody waits for this one any more: its failure has told whoever still asks, and must not end the process.
        result.catch(() => undefined)
        return
      }
      signal.addEventListener('abort', end, { once: true })
      const settle = () => signal.removeEventListener('abort', end)
      result.then(
        (value) => {
          settle()
          resolve(value)
        },
        (error: unknown) => {
          settle()
          reject(error)
        },
      )
    })
  }
}

/** Of the process. */
export const turns = new Turns()
