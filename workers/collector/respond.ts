import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzip } from 'node:zlib'
import { AppError, toErrorResponse } from '#server/platform/errors.ts'

/** Shorter answers are sent as they are: packing them costs more than it saves. */
const PACKED_FROM = 1024

/** Answers with JSON; `headers` beside the usual ones. Long answers are packed for clients that take gzip. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body)
  const send = (bytes: string | Buffer, encoding: Record<string, string> = {}) => {
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(bytes),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...encoding,
      ...headers,
    })
    response.end(bytes)
  }
  if (text.length < PACKED_FROM || !takesGzip(response.req)) {
    send(text)
    return
  }
  gzip(text, (error, packed) => {
    if (response.destroyed) return
    if (error) send(text)
    else send(packed, { 'content-encoding': 'gzip' })
  })
}

/** Whether a client takes gzip; `gzip;q=0` says that it does not. */
function takesGzip({ headers }: IncomingMessage): boolean {
  const accepted = headers['accept-encoding']
  return typeof accepted === 'string' && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted)
}

/** When to come back, and the limit that was met in the fields of draft-ietf-httpapi-ratelimit-headers. */
function retryHeader(error: unknown): Record<string, string> {
  if (!(error instanceof AppError) || error.retryAfter === undefined) return {}
  const { retryAfter, limit } = error
  const retry = { 'retry-after': String(retryAfter) }
  if (!limit) return retry
  return {
    ...retry,
    'ratelimit-policy': `"${limit.name}";q=${limit.quota};w=${limit.windowSeconds}`,
    ratelimit: `"${limit.name}";r=${limit.remaining};t=${retryAfter}`,
  }
}

/** Answers with the error body of the contract, and Retry-After where the error names a time. */
export function sendError(response: ServerResponse, error: unknown, requestId: string): void {
  const { status, body } = toErrorResponse(error, requestId)
  sendJson(response, status, body, retryHeader(error))
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign)

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto 0;padding:0 1.5rem}
h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:0 0 .5rem}small{opacity:.7}`

/** Answers a person who followed a tracking link that leads nowhere: a small page that says what happened. */
export function sendErrorPage(response: ServerResponse, error: unknown, requestId: string): void {
  const { status, body } = toErrorResponse(error, requestId)
  const title = status === 404 ? 'This link does not exist' : 'This link cannot be opened'
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1><p>${escapeHtml(body.error.message)}</p><p><small>Request ${escapeHtml(requestId)}</small></p></main></body></html>
`
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...retryHeader(error),
  })
  response.end(html)
}
