import type { ServerResponse } from 'node:http'
import { AppError, toErrorResponse } from '#server/platform/errors.ts'
import { sendJson } from '../../respond.ts'

/** What the error texts begin with, by address. */
const REQUESTS = { '/event': 'Event', '/session': 'Session', '/ad_revenue': 'Ad revenue' } as const
export type AdjustPath = keyof typeof REQUESTS

/** Adjust's words for an error; those it has none for keep ours. */
function wordsFor({ code, field, message }: { code: string; field?: string | undefined; message: string }): string {
  if (code === 'unauthorized' || code === 'forbidden') return 'Failed to authorize request'
  if (code === 'not_found') return 'App token not found'
  if (code === 'too_large') return 'Request size too large'
  if (code === 'rate_limited' || code === 'quota_exceeded') return 'Too many requests'
  if (code === 'unavailable' || code === 'internal') return message
  switch (field) {
    case 'app_token':
      return 'Invalid app token'
    case 'event_token':
      return 'Invalid event token'
    case 'callback_params':
    case 'partner_params':
      return 'Invalid callback parameters'
    case 'revenue':
    case 'amount':
    case 'currency':
      return 'Invalid revenue'
    default:
      return 'Bad event state'
  }
}

/** What went wrong, in our words beside Adjust's. */
interface Detail {
  code: string
  message: string
  field?: string | undefined
  request_id: string
}

/** Answers as Adjust does, `{"error": "Event request failed (…)"}`, with our own code, message and field in `detail`. */
export function sendFailure(
  response: ServerResponse,
  path: string,
  status: number,
  detail: Detail,
  headers: Record<string, string> = {},
): void {
  const what = Object.hasOwn(REQUESTS, path) ? REQUESTS[path as AdjustPath] : 'Event'
  sendJson(response, status, { error: `${what} request failed (${wordsFor(detail)})`, detail }, headers)
}

/** Any thrown error in the shape of {@link sendFailure}. */
export function sendAdjustError(response: ServerResponse, path: string, error: unknown, requestId: string): void {
  const { status, body } = toErrorResponse(error, requestId)
  const retryAfter = error instanceof AppError ? error.retryAfter : undefined
  sendFailure(response, path, status, body.error, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) })
}
