import type { IncomingMessage } from 'node:http'
import { type KeyValidity, keyRefusal } from '#server/authz/key-refusal.ts'
import type { AppLookup, HotApp } from '#server/modules/apps/hot.ts'
import { type KeyLookup, keyKind } from '#server/modules/keys/hot.ts'
import type { Clock } from '#server/platform/clock.ts'
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
  clock: Clock
}

/**
 * Proves who sends, by `Authorization: Bearer <key>` or, for an ingest key, `?key=`.
 * @param options scope: what a secret key must hold; ingestKeys: whether an app's ingest key will do
 * @throws AppError `unauthorized` (absent, unknown, revoked or expired key), `forbidden` (scope), `bad_request` (no X-App-Id),
 * `not_found` (no such app), `rate_limited`, `unavailable` (Postgres is away and the key is not cached)
 */
export async function authenticate(
  request: IncomingMessage,
  query: URLSearchParams,
  ip: string,
  options: { scope: string; ingestKeys: boolean },
  { keys, apps, limiter, clock }: AuthDependencies,
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
  if (header === undefined && keyKind(key) === 'secret') {
    await limiter.check('wrongKeysPerIp', ip)
    throw new AppError(
      'unauthorized',
      'A secret key does not belong into an address. Send it as Authorization: Bearer <key>.',
      {
        field: 'key',
      },
    )
  }
  const proven = await proveKey(key, ip, options, { keys, limiter, clock })
  if (proven.kind === 'ingest') return proven
  const { orgId, keyId } = proven
  const app = await namedApp(orgId, request.headers['x-app-id'], apps)
  keys.used('secret', keyId)
  return { orgId, appId: app.appId, platform: app.platform, keyId, kind: 'secret' }
}

/** What a key alone proves: an ingest key its app, a secret key only its organization. */
export type ProvenKey = (Sender & { kind: 'ingest' }) | { kind: 'secret'; orgId: string; keyId: string }

/**
 * Looks a key up and checks what it may do. Whoever takes a secret key finds its app and notes the use with `keys.used`.
 * @param options scope: what a secret key must hold; ingestKeys: whether an app's ingest key will do
 * @throws AppError `unauthorized` (unknown, revoked or expired), `forbidden` (scope), `rate_limited`, `unavailable`
 */
export async function proveKey(
  key: string,
  ip: string,
  options: { scope: string; ingestKeys: boolean },
  { keys, limiter, clock }: Omit<AuthDependencies, 'apps'>,
): Promise<ProvenKey> {
  const kind = keyKind(key)
  // A key that was found before costs no look-up: others behind the same address must not lock it out.
  if (!keys.knows(key)) await limiter.check('wrongKeysPerIp', ip)
  if (kind === 'secret') return proveSecretKey(key, ip, options.scope, { keys, limiter, clock })
  const found = kind === 'ingest' ? await keys.ingestKey(key) : null
  if (!found) throw await unknownKey(limiter, ip)
  refuseWhereOver(found, clock)
  if (!options.ingestKeys) {
    throw new AppError('forbidden', `An app's ingest key may not do this. Use a secret key with ${options.scope}.`, {
      field: 'authorization',
    })
  }
  keys.used('ingest', found.keyId)
  return { orgId: found.orgId, appId: found.appId, platform: found.platform, keyId: found.keyId, kind: 'ingest' }
}

function refuseWhereOver(key: KeyValidity, clock: Clock): void {
  const refusal = keyRefusal(key, clock.now())
  if (refusal !== null) throw new AppError('unauthorized', refusal, { field: 'authorization' })
}

async function unknownKey(limiter: Limiter, ip: string): Promise<AppError> {
  await limiter.take('wrongKeysPerIp', ip)
  return new AppError('unauthorized', 'There is no such key. Copy it again from the app settings in the console.', {
    field: 'authorization',
  })
}

async function proveSecretKey(
  key: string,
  ip: string,
  scope: string,
  { keys, limiter, clock }: Omit<AuthDependencies, 'apps'>,
): Promise<ProvenKey> {
  const found = await keys.secretKey(key)
  if (!found) throw await unknownKey(limiter, ip)
  refuseWhereOver(found, clock)
  if (!found.scopes.includes(scope)) {
    throw new AppError(
      'forbidden',
      `This key lacks the scope ${scope}. Create one that has it in the organization settings.`,
      {
        field: 'authorization',
      },
    )
  }
  return { kind: 'secret', orgId: found.orgId, keyId: found.keyId }
}

/**
 * The app that a request with a secret key names.
 * @param appId header X-App-Id, or what stands for it
 * @throws AppError `bad_request` when it is absent, `not_found` when the organization has no such app
 */
export async function namedApp(orgId: string, appId: string | string[] | undefined, apps: AppLookup): Promise<HotApp> {
  if (typeof appId !== 'string' || appId === '') {
    throw new AppError('bad_request', 'With a secret key the header X-App-Id must name the app.', { field: 'x-app-id' })
  }
  const app = appId.length <= 100 ? await apps.app(orgId, appId) : null
  if (!app) throw new AppError('not_found', 'X-App-Id names no app of this organization.', { field: 'x-app-id' })
  return app
}
