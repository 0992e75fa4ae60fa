import type { IncomingMessage } from 'node:http'
import { keyKind } from '#server/modules/keys/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import { namedApp, proveKey, type Sender } from '../../auth.ts'
import type { Collector, RequestInfo } from '../../context.ts'

/** The key and, beside a secret key, the app. */
interface Credentials {
  key: string
  app: string | undefined
}

/** `Basic <write key>:` as Segment's libraries send it, or `Bearer <key>`; `null` without the header. */
function fromHeader(header: string | undefined): Credentials | null {
  if (header === undefined || header.trim() === '') return null
  const [, scheme = '', value = ''] = /^(Basic|Bearer) +(\S+)\s*$/i.exec(header) ?? []
  const text = scheme.toLowerCase() === 'basic' ? Buffer.from(value, 'base64').toString('utf8') : value
  // Libraries put a colon behind the write key; `sk_…:app_…` as the write key thus names the app as the password.
  const [key = '', app = ''] = text.split(':')
  if (key !== '') return { key, app: app || undefined }
  throw new AppError(
    'unauthorized',
    'The Authorization header must read: Basic <base64 of the write key and a colon>.',
    {
      field: 'authorization',
    },
  )
}

/** What proves the sender: the header, or `writeKey` of the body. */
export function credentials(header: string | undefined, writeKey: unknown): Credentials | null {
  const given = fromHeader(header)
  if (given) return given
  if (typeof writeKey !== 'string' || writeKey === '') return null
  const [key = '', app = ''] = writeKey.split(':')
  return { key, app: app || undefined }
}

/**
 * Who sends to Segment's addresses: an ingest key as the write key, or a secret key with the app's id behind a colon or in
 * X-App-Id.
 * @throws AppError `unauthorized`, `forbidden`, `bad_request`, `not_found`, `rate_limited`, `unavailable`
 */
export async function segmentSender(
  request: IncomingMessage,
  info: RequestInfo,
  given: Credentials | null,
  collector: Collector,
): Promise<Sender> {
  if (!given) {
    throw new AppError('unauthorized', 'A write key is required: use an ingest key of the app as the write key.', {
      field: 'writeKey',
    })
  }
  const proven = await proveKey(given.key, info.ip, { scope: 'events:write', ingestKeys: true }, collector)
  if (proven.kind === 'ingest') return proven
  const { orgId, keyId } = proven
  const app = await namedApp(orgId, given.app ?? request.headers['x-app-id'], collector.apps)
  collector.keys.used('secret', keyId)
  return { orgId, appId: app.appId, platform: app.platform, keyId, kind: 'secret' }
}

/**
 * The key in the address of the settings that Segment's browser library asks for. Only an app's ingest key may stand there.
 * @throws AppError `unauthorized`, `rate_limited`, `unavailable`
 */
export async function settingsKey(key: string, info: RequestInfo, collector: Collector): Promise<void> {
  if (keyKind(key) === 'secret') {
    throw new AppError('unauthorized', 'A secret key does not belong into an address. Use an ingest key of the app.', {
      field: 'writeKey',
    })
  }
  await proveKey(key, info.ip, { scope: 'events:write', ingestKeys: true }, collector)
}
