const FIRST_MS = 1_000
const LONGEST_MS = 300_000
/** However long a server asks to wait, after a day it is asked again. */
export const LONGEST_WAIT_MS = 86_400_000

/**
 * How long to wait before the next try: exponential with full jitter, so that clients that failed together do not come
 * back together.
 * @param failures tries that failed one after another, at least 1
 * @param retryAfter what the server asked for, in milliseconds: never less than that, and up to the jitter more
 * @param random between 0 and 1
 * @returns milliseconds
 */
export function backoff(failures: number, retryAfter: number, random: number): number {
  return retryAfter + random * Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
}

/**
 * Reads a Retry-After header: seconds or an HTTP date.
 * @param now Unix milliseconds
 * @returns milliseconds, at most a day; 0 when absent or unreadable
 */
export function retryAfterMs(header: string | null, now: number): number {
  if (!header) return 0
  const seconds = Number(header)
  const wait = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000
  return wait > 0 ? Math.min(wait, LONGEST_WAIT_MS) : 0
}
