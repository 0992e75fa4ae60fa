import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { mayBePublic, PrivateAddress, publicLookup } from '#server/platform/public-address.ts'

/** An answer longer than this is none. */
export const MOST_ANSWER_BYTES = 64 * 1024
/** From the first look-up to the last byte. */
export const ANSWER_MS = 5_000
/** Later tries are asked for at most so far ahead. */
const LONGEST_RETRY_AFTER_MS = 3_600_000

/** What came of asking once. */
export type Reply =
  | { kind: 'answered'; body: string }
  /** Asking again later may help; `retryAfterMs` is what the network wants. */
  | { kind: 'again'; error: string; retryAfterMs?: number }
  /** It will be the same each time. */
  | { kind: 'refused'; error: string }

interface Limits {
  privateAllowed: boolean
  /** Milliseconds; a test has no five seconds. */
  answerMs?: number
  signal?: AbortSignal
}

/**
 * Posts a question to a network, once. Redirects are not followed, an answer is read up to 64 KB and five seconds, and
 * without the operator's leave nothing is sent to a private address, whatever the name says at that moment. Nothing crosses
 * the internet unencrypted.
 * Never throws: the network's faults are a reply.
 */
export function ask(url: string, body: string, headers: Record<string, string>, limits: Limits): Promise<Reply> {
  const target = new URL(url)
  if (!limits.privateAllowed && !mayBePublic(target.hostname))
    return Promise.resolve({ kind: 'refused', error: 'The address is private; the operator does not allow that.' })
  if (target.protocol === 'http:' && mayBePublic(target.hostname))
    return Promise.resolve({ kind: 'refused', error: 'The address is not encrypted. Change it to https://.' })
  const timeout = AbortSignal.timeout(limits.answerMs ?? ANSWER_MS)
  const signal = limits.signal ? AbortSignal.any([timeout, limits.signal]) : timeout
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve) => {
    const fail = (error: unknown) => resolve(replyOf(error, timeout.aborted))
    const request = send(
      target,
      {
        method: 'POST',
        headers: {
          ...headers,
          accept: 'application/json',
          'accept-encoding': 'identity',
          'content-length': Buffer.byteLength(body),
        },
        signal,
        ...(limits.privateAllowed ? {} : { lookup: publicLookup }),
      },
      (response) => {
        const { statusCode = 0 } = response
        const refusal = refusalOf(statusCode, response.headers['retry-after'])
        const parts: Buffer[] = []
        let bytes = 0
        response.on('error', fail)
        response.on('data', (part: Buffer) => {
          bytes += part.length
          if (bytes <= MOST_ANSWER_BYTES) parts.push(part)
          else {
            resolve(refusal ?? { kind: 'refused', error: 'The answer is longer than 64 KB.' })
            response.destroy()
          }
        })
        response.on('end', () => {
          if (!response.complete) fail(new Error('cut off'))
          else resolve(refusal ?? { kind: 'answered', body: Buffer.concat(parts).toString('utf8') })
        })
        response.on('close', () => fail(new Error('cut off')))
      },
    )
    request.on('error', fail)
    request.end(body)
  })
}

/** What a status other than success means; null for success. */
function refusalOf(status: number, retryAfter: string | undefined): Reply | null {
  if (status >= 200 && status < 300) return null
  const error = `The network answered ${status}.`
  // 401: a network that was not given its secret yet will be.
  if (status === 401 || status === 408 || status === 429 || status >= 500) {
    const seconds = Number(retryAfter)
    if (!retryAfter || !Number.isFinite(seconds) || seconds < 0) return { kind: 'again', error }
    return { kind: 'again', error, retryAfterMs: Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS) }
  }
  if (status >= 300 && status < 400) return { kind: 'refused', error: `${error} Redirects are not followed.` }
  return { kind: 'refused', error }
}

function replyOf(error: unknown, late: boolean): Reply {
  if (error instanceof PrivateAddress)
    return { kind: 'refused', error: 'The address leads to a private one; the operator does not allow that.' }
  if (late) return { kind: 'again', error: 'No whole answer within 5 seconds.' }
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return { kind: 'again', error: `The network cannot be reached${code ? ` (${code})` : ''}.` }
}
