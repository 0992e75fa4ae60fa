import { retryAfterMs } from './backoff.ts'
import { bytesOf } from './queue.ts'

/** What the collector says about one event of a batch. */
export interface Refused {
  index: number
  code: string
  message: string
  field: string
}

/**
 * What became of a batch: `done` with the events that were refused for good; `split` when it has to be sent in smaller
 * parts, and why, should one event be alone already; `later` after so many milliseconds, 0 when nobody said how many.
 */
export type Outcome = { done: readonly Refused[] } | { split: { code: string; message: string } } | { later: number }

/** How requests leave a platform. */
export interface TransportOptions {
  key: string
  endpoint: string
  /** The key in the address keeps browsers from asking for permission first (CORS); elsewhere it is a header. */
  keyIn: 'query' | 'header'
}

const TIMEOUT_MS = 30_000
/** Below it packing saves less than the browser's question for permission costs. */
const PACK_FROM_BYTES = 4_096

async function pack(text: string): Promise<Blob> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Response(stream).blob()
}

/** The collector's answer; from anybody else anything. */
interface Answer {
  rejected?: readonly Refused[]
  error?: { code?: string; message?: string }
}

/** Only the collector's own answer ends an event's wait: a hotel's sign-in page says 200 to everything, too. */
async function outcomeOf(response: Response): Promise<Outcome> {
  const { status } = response
  const body = (await response.json().catch(() => null)) as Answer | null
  const refused = body?.rejected
  if ((status === 202 || status === 422) && Array.isArray(refused)) return { done: refused }
  // A proxy with a limit of its own answers 413 in its own words; 400 means us only when the collector says so.
  if (status === 413 || ((status === 400 || status === 422) && body?.error?.code)) {
    const { code = 'too_large', message = 'The event is too large to be sent.' } = body?.error ?? {}
    return { split: { code, message } }
  }
  return { later: retryAfterMs(response.headers.get('retry-after'), Date.now()) }
}

/** Sends JSON texts of events as one batch. Never rejects. */
export type Post = (texts: readonly string[], options?: { leaving?: boolean }) => Promise<Outcome>

/**
 * Makes the function that talks to the collector.
 *
 * With `leaving` the request outlives the page (`keepalive`, or a beacon where that is missing); the platform allows
 * 64 KB for all such requests together.
 */
export function createPost({ key, endpoint, keyIn }: TransportOptions): Post {
  const address = `${endpoint.replace(/\/+$/, '')}/v1/events`
  const inQuery = keyIn === 'query'
  const url = inQuery ? `${address}?key=${encodeURIComponent(key)}` : address
  return async (texts, { leaving = false } = {}) => {
    const text = `[${texts.join()}]`
    // Text needs no permission in browsers; the collector reads JSON in it all the same.
    const headers: Record<string, string> = { 'content-type': inQuery ? 'text/plain' : 'application/json' }
    if (!inQuery) headers.authorization = `Bearer ${key}`
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS)
    try {
      if (leaving && inQuery && !('keepalive' in Request.prototype)) {
        navigator.sendBeacon(url, text)
        // Nobody will say whether it arrived: it stays in the queue, and the next visit sends it again under the same id.
        return { later: 0 }
      }
      const large = !leaving && typeof CompressionStream === 'function' && bytesOf(text) > PACK_FROM_BYTES
      if (large) headers['content-encoding'] = 'gzip'
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body: large ? await pack(text) : text,
        keepalive: leaving,
        credentials: 'omit',
        signal: abort.signal,
      })
      return await outcomeOf(response)
    } catch {
      return { later: 0 }
    } finally {
      clearTimeout(timer)
    }
  }
}
