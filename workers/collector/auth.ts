import type { IncomingMessage } from 'node:http'
import type { AppLookup } from '#server/modules/apps/hot.ts'
import { type KeyLookup, keyKind } from '#server/modules/keys/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import type { Limiter } from './limits.ts'

/** Who sends, proven by a key. */
export interface Sender {
  orgId: string
  appId: string
  platform: 'ios' | 'android' | 'web'
  keyId: string
  /** `secret`: a server; its word about a device's address is believed. */
  kind: 'ingest' | 'secret'
}

export interface AuthDependencies {
  keys: KeyLookup
  apps: AppLookup
  limiter: Limiter
}

const REVOKED = 'This key was revoked. Use a current one: the app settings in the console list them.'

/**
 * Proves who sends, by `Authorization: Bearer <key>` or, for an ingest key, `?key=`.
 * @param options scope: what a secret key must hold; ingestKeys: whether an app's ingest key will do
 * @throws AppError `unauthorized` (absent, unknown or revoked key), `forbidden` (scope), `bad_request` (no X-App-Id),
 * `not_found` (no such app), `rate_limited`, `unavailable` (Postgres is away and the key is not cached)
 */
export async function authenticate(
  request: IncomingMessage,
  query: URLSearchParams,
  ip: string,
  options: { scope: string; ingestKeys: boolean },
  { keys, apps, limiter }: AuthDependencies,
): Promise<Sender> {
  const header = request.headers.authorization
  const key = header === undefined ? query.get('key') : /^Bearer +(\S+)\s*$/i.exec(header)?.[1]
  if (!key) {
    throw new AppError(
      'unauthorized',
      header === undefined
        ? 'A key is required: send the header Authorization: Bearer <key>.'
        : 'The Authorization header must read: Bearer <key>.',
      { field: 'authorization' },
    )
  }
  const kind = keyKind(key)
  await limiter.check('wrongKeysPerIp', ip)
  if (kind === 'secret') {
    if (header === undefined) {
      throw new AppError(
        'unauthorized',
        'A secret key does not belong into an address. Send it as Authorization: Bearer <key>.',
        {
          field: 'key',
        },
      )
    }
    return secretSender(request, key, ip, options.scope, { keys, apps, limiter })
  }
  const found = kind === 'ingest' ? await keys.ingestKey(key) : null
  if (!found) throw await unknownKey(limiter, ip)
  if (found.revoked) throw new AppError('unauthorized', REVOKED, { field: 'authorization' })
  if (!options.ingestKeys) {
    throw new AppError('forbidden', `An app's ingest key may not do this. Use a secret key with ${options.scope}.`, {
      field: 'authorization',
    })
  }
  keys.used('ingest', found.keyId)
  return { orgId: found.orgId, appId: found.appId, platform: found.platform, keyId: found.keyId, kind: 'ingest' }
}

async function unknownKey(limiter: Limiter, ip: string): Promise<AppError> {
  await limiter.take('wrongKeysPerIp', ip)
  return new AppError('unauthorized', 'There is no such key. Copy it again from the app settings in the console.', {
    field: 'authorization',
  })
}

async function secretSender(
  request: IncomingMessage,
  key: string,
  ip: string,
  scope: string,
  { keys, apps, limiter }: AuthDependencies,
): Promise<Sender> {
  const found = await keys.secretKey(key)
  if (!found) throw await unknownKey(limiter, ip)
  if (found.revoked) throw new AppError('unauthorized', REVOKED, { field: 'authorization' })
  if (!found.scopes.includes(scope)) {
    throw new AppError(
      'forbidden',
      `This key lacks the scope ${scope}. Create one that has it in the organization settings.`,
      {
        field: 'authorization',
      },
    )
  }
  const appId = request.headers['x-app-id']
  if (typeof appId !== 'string' || appId === '') {
    throw new AppError('bad_request', 'With a secret key the header X-App-Id must name the app.', { field: 'x-app-id' })
  }
  const app = appId.length <= 100 ? await apps.app(found.orgId, appId) : null
  if (!app) throw new AppError('not_found', 'X-App-Id names no app of this organization.', { field: 'x-app-id' })
  keys.used('secret', found.keyId)
  return { orgId: found.orgId, appId: app.appId, platform: app.platform, keyId: found.keyId, kind: 'secret' }
}
