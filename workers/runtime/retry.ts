import { setTimeout as sleep } from 'node:timers/promises'

/** How long to wait between attempts; times are milliseconds. */
export interface RetryOptions {
  /** Wait after the first failure; doubles with each further one. Default 100. */
  initialMs?: number
  /** Longest wait. Default 10,000. */
  maxMs?: number
  /** Attempts in all; default: no end. */
  attempts?: number
  /** Gives up at once when aborted. */
  signal?: AbortSignal
  /** Whether an error is worth another attempt; default: every one is. */
  isTransient?: (error: unknown) => boolean
  /** Told of each failure that will be tried again. */
  onRetry?: (error: unknown, attempt: number, waitMs: number) => void
  /** From 0 to 1; for tests. */
  random?: () => number
}

/**
 * Runs `fn` until it succeeds, with exponentially growing waits and full jitter on their upper half, so that many
 * processes that lost the same server do not return to it in step.
 * @param fn the work; gets the number of the attempt, from 1
 * @returns what `fn` returned
 * @throws the last error when attempts are used up, when it is not transient, or the signal's reason when aborted
 */
export async function retry<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { initialMs = 100, maxMs = 10_000, attempts = Number.POSITIVE_INFINITY, signal } = options
  const random = options.random ?? Math.random
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    try {
      return await fn(attempt)
    } catch (error) {
      signal?.throwIfAborted()
      if (attempt >= attempts || options.isTransient?.(error) === false) throw error
      const ceiling = Math.min(maxMs, initialMs * 2 ** Math.min(attempt - 1, 30))
      const waitMs = Math.round(ceiling / 2 + (random() * ceiling) / 2)
      options.onRetry?.(error, attempt, waitMs)
      await sleep(waitMs, undefined, signal ? { signal } : {})
    }
  }
}
