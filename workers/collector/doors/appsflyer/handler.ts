import type { IncomingMessage, ServerResponse } from 'node:http'
import { isNamed } from '#server/modules/doors/hot.ts'
import { isObject, parseJson } from '#server/modules/events/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import { proveKey, type Sender } from '../../auth.ts'
import { type BodyLimit, readBody } from '../../body.ts'
import type { Collector, RequestInfo } from '../../context.ts'
import { admitUnreadable, keepUnreadable } from '../../ingest.ts'
import { sendJson } from '../../respond.ts'
import { accept, doorContext, doorItem, unexpected } from '../accept.ts'
import { appsflyerEvent } from './event.ts'

/** AppsFlyer takes 1 KB; our own events hold 32 KB of properties, and text in text doubles its quotes. */
const LIMIT: BodyLimit = { bytes: 128 * 1024, message: 'An event holds at most 128 KB at this address.' }
const APP_ID = /^[\w.-]{1,255}$/

/**
 * AppsFlyer's server-to-server API: `POST /inappevent/{app_id}` with a key of ours in the header `authentication`. Answers
 * 200 `OK` once the event is durable. What AppsFlyer answers 200 and loses, an App Store id without `id`, is taken.
 * @throws AppError with the contract's statuses and, where it has one for the case, AppsFlyer's text
 */
export async function handleAppsflyer(
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
  collector: Collector,
): Promise<void> {
  const receivedAt = collector.clock.now()
  const sender = await appsflyerSender(request, info, collector)
  const received = await readBody(request, LIMIT)
  try {
    const { bytes } = received
    const body = await readEvent(bytes, sender, info, collector, receivedAt)
    const translate = () => appsflyerEvent(body, sender.kind === 'secret')
    const item = doorItem(0, body, translate, unexpected(info, collector))
    const { rejected, nonIdempotent } = await accept([item], sender, info, collector, receivedAt)
    const [refused] = rejected
    if (refused) {
      const { message, field } = refused
      const error = { code: 'bad_request', message, ...(field ? { field } : {}), request_id: info.requestId }
      return sendJson(response, 400, { error, rejected })
    }
    response.writeHead(200, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      ...(nonIdempotent > 0 ? { 'x-non-idempotent': String(nonIdempotent) } : {}),
    })
    response.end('OK')
  } finally {
    received.release()
  }
}

/** The key of the header, and the app that the address names and the key must be good for. */
async function appsflyerSender(request: IncomingMessage, info: RequestInfo, collector: Collector): Promise<Sender> {
  const key = request.headers.authentication
  if (typeof key !== 'string' || key.trim() === '') {
    throw new AppError(
      'unauthorized',
      'The header authentication is missing. Send an ingest key or secret key in it.',
      {
        field: 'authentication',
      },
    )
  }
  const proven = await proveKey(key.trim(), info.ip, { scope: 'events:write', ingestKeys: true }, collector)
  const id = info.path.slice('/inappevent/'.length).replace(/\/$/, '')
  const given = APP_ID.test(id) ? id : ''
  if (proven.kind === 'ingest') {
    const app = await collector.apps.app(proven.orgId, proven.appId)
    if (app && isNamed(app, given)) return proven
    const expected = app?.storeId ? `${app.bundleId} or ${app.storeId}` : app?.bundleId
    throw new AppError('forbidden', `This key belongs to another app than the address names: ${expected ?? 'none'}.`, {
      field: 'app_id',
    })
  }
  const { orgId, keyId } = proven
  const app = given === '' ? null : await collector.doors.appByStoreId(orgId, given)
  if (!app) {
    throw new AppError(
      'not_found',
      'No app of this organization has this bundle id or store id. See the app settings.',
      {
        field: 'app_id',
      },
    )
  }
  collector.keys.used('secret', keyId)
  return { orgId, appId: app.appId, platform: app.platform, keyId, kind: 'secret' }
}

async function readEvent(bytes: Buffer, sender: Sender, info: RequestInfo, collector: Collector, receivedAt: number) {
  try {
    const [only, ...more] = bytes.length > 0 ? parseJson(bytes) : []
    if (more.length === 0 && isObject(only?.value)) return only.value
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'bad_request')) throw error
  }
  const message = 'Payload is missing or failed to parse'
  if (bytes.length > 0) {
    await admitUnreadable(collector, sender, 'event')
    await keepUnreadable(bytes, 'event', doorContext(sender, info, collector, receivedAt), message, collector)
  }
  throw new AppError('bad_request', message)
}
