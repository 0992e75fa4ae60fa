import { hash } from 'node:crypto'
import type { KeyValidity } from '#server/authz/key-refusal.ts'
import { HotCache, type HotCacheOptions } from '#server/platform/hot-cache.ts'
import type { HotPostgres } from '#server/stores/postgres/hot.ts'

/** An app's write-only key. */
export interface HotIngestKey extends KeyValidity {
  keyId: string
  orgId: string
  appId: string
  /** Platform of the key's app. */
  platform: 'ios' | 'android' | 'web'
}

/** An organization's scoped key. */
export interface HotSecretKey extends KeyValidity {
  keyId: string
  orgId: string
  scopes: readonly string[]
}

const VALIDITY = `revoked, (extract(epoch from expires_at) * 1000)::float8 as "expiresAt", replaced_by as "replacedBy"`

/** Cached look-ups of keys by their value. */
export interface KeyLookup {
  /** @throws AppError `unavailable` when Postgres is away and the key is not cached */
  ingestKey(key: string): Promise<HotIngestKey | null>
  /** @throws AppError `unavailable` when Postgres is away and the key is not cached */
  secretKey(key: string): Promise<HotSecretKey | null>
  /** Whether the key was found before: asking for it again is no guess. */
  knows(key: string): boolean
  /** Notes that a key was used; written to Postgres in batches, see `flushUsed`. */
  used(kind: 'ingest' | 'secret', keyId: string): void
  /** Writes the uses noted since the last call; keeps them for the next call when Postgres is away. */
  flushUsed(): Promise<void>
}

/** What keys look like; anything else is refused without asking Postgres. */
const KEY = /^(ik|sk)_[0-9A-Za-z_-]{8,120}$/

/** Which kind of key a text is, by its prefix; `null` for anything else. */
export function keyKind(text: string): 'ingest' | 'secret' | null {
  if (!KEY.test(text)) return null
  return text.startsWith('ik_') ? 'ingest' : 'secret'
}

/** The form in which a secret key is stored: SHA-256 of its text in lower-case hex. */
export function secretKeyHash(secretKey: string): string {
  return hash('sha256', secretKey, 'hex')
}

/**
 * Caches look-ups of keys over Postgres. A revocation takes effect as soon as its notice arrives; whether a key has expired
 * is for the caller to ask, by its own clock.
 */
export function createKeyLookup(
  db: HotPostgres,
  onLookup?: HotCacheOptions<HotIngestKey | HotSecretKey>['onLookup'],
): KeyLookup {
  const ingest = new HotCache<HotIngestKey>({
    name: 'key',
    onLookup,
    load: async (key) => {
      const rows = await db.query<HotIngestKey>(
        `select key_id as "keyId", org_id as "orgId", app_id as "appId", platform, ${VALIDITY} from lookup_ingest_key($1)`,
        [key],
      )
      return rows[0] ?? null
    },
  })
  const secret = new HotCache<HotSecretKey>({
    name: 'key',
    onLookup,
    load: async (keyHash) => {
      const rows = await db.query<HotSecretKey>(
        `select key_id as "keyId", org_id as "orgId", scopes, ${VALIDITY} from lookup_secret_key($1)`,
        [keyHash],
      )
      return rows[0] ?? null
    },
  })
  db.onChange(({ kind, id }) => {
    if (kind === 'ingest_key') ingest.drop(id)
    else if (kind === 'secret_key') secret.drop(id)
    else if (kind === 'app') ingest.refresh((_key, value) => value?.appId === id)
    else if (kind === 'everything') {
      ingest.refresh()
      secret.refresh()
    }
  })

  const used = { ingest: new Set<string>(), secret: new Set<string>() }
  return {
    ingestKey: (key) => ingest.get(key),
    secretKey: (key) => secret.get(secretKeyHash(key)),
    knows(key) {
      const kind = keyKind(key)
      return kind === 'ingest' ? ingest.holds(key) : kind === 'secret' && secret.holds(secretKeyHash(key))
    },
    used: (kind, keyId) => void used[kind].add(keyId),
    async flushUsed() {
      if (used.ingest.size + used.secret.size === 0) return
      const ingestIds = [...used.ingest]
      const secretIds = [...used.secret]
      await db.query('select touch_keys($1::text[], $2::text[])', [ingestIds, secretIds])
      for (const id of ingestIds) used.ingest.delete(id)
      for (const id of secretIds) used.secret.delete(id)
    },
  }
}
