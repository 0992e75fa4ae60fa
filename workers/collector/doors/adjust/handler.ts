import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdjustApp } from '#server/modules/doors/hot.ts'
import { type ParsedItem, Refusal } from '#server/modules/events/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import { proveKey, type Sender } from '../../auth.ts'
import { type BodyLimit, readBody } from '../../body.ts'
import type { Collector, RequestInfo } from '../../context.ts'
import { accept, doorItem, unexpected } from '../accept.ts'
import { type AdjustPath, sendFailure } from './answers.ts'
import { type AdjustCall, adjustEvents, type Params } from './event.ts'

const LIMIT: BodyLimit = { bytes: 64 * 1024, message: 'A request holds at most 64 KB at this address.' }
const APP_TOKEN = /^[A-Za-z0-9]{4,32}$/

/**
 * Adjust's server-to-server API: `/event`, `/session` and `/ad_revenue`, by GET or as a form. Answers `OK` once it is durable.
 * An event token without a name is kept under `adjust_<token>`, and the answer says so in `x-unnamed-event-token`.
 * @throws AppError `unauthorized`, `forbidden`, `not_found`, `bad_request`, `too_large`, `unsupported_media_type`,
 * `rate_limited`, `quota_exceeded`, `unavailable`; the route answers them in Adjust's shape
 */
export async function handleAdjust(
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
  path: AdjustPath,
  collector: Collector,
): Promise<void> {
  const receivedAt = collector.clock.now()
  const params = await readParams(request, info)
  const { sender, app } = await adjustSender(request, info, params, collector)
  const forwarded = request.headers['x-adjust-forwarded-for']
  const items = itemsOf(
    params,
    {
      path,
      eventNames: app.eventNames,
      believesAddress: sender.kind === 'secret',
      forwardedFor: typeof forwarded === 'string' ? forwarded : undefined,
    },
    unexpected(info, collector),
  )
  const { rejected, nonIdempotent } = await accept(items, sender, info, collector, receivedAt)
  const [refused] = rejected
  if (refused) {
    const { code, message, field } = refused
    return sendFailure(response, path, 400, { code, message, field: field || undefined, request_id: info.requestId })
  }
  const token = path === '/event' ? params.get('event_token')?.trim() : undefined
  response.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    ...(token !== undefined && !app.eventNames.has(token) ? { 'x-unnamed-event-token': token } : {}),
    ...(nonIdempotent > 0 ? { 'x-non-idempotent': String(nonIdempotent) } : {}),
  })
  response.end('OK')
}

/** Parameters of the address and of the form; the form's stand where both have one, and the first where it comes twice. */
async function readParams(request: IncomingMessage, info: RequestInfo): Promise<Params> {
  const params = new Map<string, string>()
  const add = (given: URLSearchParams) => {
    for (const [name, value] of given) if (!params.has(name)) params.set(name, value)
  }
  if (request.method === 'POST') {
    const body = await readBody(request, LIMIT)
    try {
      const { bytes } = body
      const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';')
      if (bytes.length > 0 && type.trim() !== 'application/x-www-form-urlencoded') {
        throw new AppError('unsupported_media_type', 'Send the parameters as application/x-www-form-urlencoded.', {
          field: 'content-type',
        })
      }
      if (!isUtf8(bytes)) throw new AppError('bad_request', 'The form is not valid UTF-8. Encode it as UTF-8.')
      add(new URLSearchParams(bytes.toString('utf8')))
    } finally {
      body.release()
    }
  }
  add(info.query)
  return params
}

/** One request is one item, or two: what cannot be translated is one refusal. */
function itemsOf(params: Params, call: AdjustCall, onUnexpected: (error: unknown) => void): ParsedItem[] {
  const source = Object.fromEntries(params)
  try {
    return adjustEvents(params, call).map((event, index) => doorItem(index, source, () => event, onUnexpected))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return [{ index: 0, value: undefined, refusal: error, raw: () => JSON.stringify(source) }]
  }
}

/**
 * Who sends: a key of ours that is good for the app of the app token, or the token alone where the app allows it.
 * @throws AppError
 */
async function adjustSender(
  request: IncomingMessage,
  info: RequestInfo,
  params: Params,
  collector: Collector,
): Promise<{ sender: Sender; app: AdjustApp }> {
  const { limiter, keys, doors } = collector
  const token = params.get('app_token')?.trim() ?? ''
  if (!APP_TOKEN.test(token)) {
    throw new AppError('bad_request', token === '' ? 'app_token is required.' : 'This is no app token.', {
      field: 'app_token',
    })
  }
  const header = request.headers.authorization
  if (header === undefined || header.trim() === '') return tokenAlone(token, info, collector)
  const key = /^Bearer +(\S+)\s*$/i.exec(header)?.[1]
  if (key === undefined) {
    throw new AppError('unauthorized', 'The Authorization header must read: Bearer <ingest key or secret key>.', {
      field: 'authorization',
    })
  }
  const proven = await proveKey(key, info.ip, { scope: 'events:write', ingestKeys: true }, collector)
  const app = await doors.adjustApp(proven.orgId, token)
  if (!app || (proven.kind === 'ingest' && app.appId !== proven.appId)) {
    if (!app && !(await doors.adjustToken(token)).known) await limiter.take('wrongKeysPerIp', info.ip)
    throw new AppError(
      'not_found',
      'No app of this key has this app token. Enter it in the app settings, Compatible endpoints.',
      {
        field: 'app_token',
      },
    )
  }
  if (proven.kind === 'ingest') return { sender: proven, app }
  const { orgId, keyId } = proven
  keys.used('secret', keyId)
  return { sender: { orgId, appId: app.appId, platform: app.platform, keyId, kind: 'secret' }, app }
}

/** A token that two organizations allow alone proves neither of them. */
async function tokenAlone(
  token: string,
  info: RequestInfo,
  { doors, limiter }: Collector,
): Promise<{ sender: Sender; app: AdjustApp }> {
  if (!doors.knowsAdjust(token)) await limiter.check('wrongKeysPerIp', info.ip)
  const { known, app } = await doors.adjustToken(token)
  if (app) {
    const { orgId, appId, platform } = app
    return { sender: { orgId, appId, platform, keyId: `adjust:${appId}`, kind: 'ingest' }, app }
  }
  if (!known) await limiter.take('wrongKeysPerIp', info.ip)
  throw new AppError(
    'unauthorized',
    'A key is required: send Authorization: Bearer <ingest key or secret key>, or allow the app token alone in the app settings, Compatible endpoints.',
    { field: 'authorization' },
  )
}
