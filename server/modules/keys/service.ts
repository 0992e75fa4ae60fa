import { assertGrantable, type KeyScope, type Role, sha256 } from '#server/authz/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId, newToken, type OrgId, type UserId } from '#server/platform/ids.ts'
import { type PrismaClient, postgres, type Transaction } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'

/** A secret key as lists show it: never the key itself. */
export interface SecretKeyRow {
  id: string
  name: string
  /** The first characters, to recognize it by. */
  prefix: string
  scopes: string[]
  createdAt: Date
  /** Refused from then on; null: never. */
  expiresAt: Date | null
  /** The key that took its place, when it was rotated. */
  replacedBy: string | null
  revokedAt: Date | null
  lastUsedAt: Date | null
}

const ROW = {
  id: true,
  name: true,
  prefix: true,
  scopes: true,
  createdAt: true,
  expiresAt: true,
  replacedBy: true,
  revokedAt: true,
  lastUsedAt: true,
} as const
const MOST_LIVE_KEYS = 100

/** A condition on keys that still work. */
export const liveKey = () => ({ revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] })

const noSuchKey = () => new AppError('not_found', 'There is no such key, or you have no access to it.')

/** An organization's secret keys, newest first, ended ones included. */
export function listSecretKeys(orgId: OrgId): Promise<SecretKeyRow[]> {
  return withOrg(orgId, (tx) =>
    tx.secretKey.findMany({ where: { orgId }, select: ROW, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] }),
  )
}

interface NewKey {
  name: string
  scopes: readonly string[]
  createdBy?: UserId | undefined
  expiresAt?: Date | undefined
}

/** Ids of keys that exist for one piece of work begin with it; they do not count against the limit. */
const TEMPORARY = 'tmpkey_'

/**
 * Refuses one more key where too many are in use. Keys that have a successor are on their way out and do not count.
 * @param replaced a key whose place the new one takes: a full list can be rotated
 */
async function assertRoom(tx: Transaction, orgId: OrgId, replaced = ''): Promise<void> {
  const kept = { replacedBy: null, AND: [{ NOT: { id: { startsWith: TEMPORARY } } }, { NOT: { id: replaced } }] }
  if ((await tx.secretKey.count({ where: { orgId, ...liveKey(), ...kept } })) >= MOST_LIVE_KEYS)
    throw new AppError('conflict', `This organization has ${MOST_LIVE_KEYS} keys in use. Revoke one first.`)
}

async function insertKey(
  tx: Transaction,
  orgId: OrgId,
  input: NewKey,
  idPrefix = 'key_',
): Promise<{ keyId: string; secretKey: string }> {
  const secretKey = `sk_${newToken(40)}`
  const keyId = newId('secretKey').replace(/^sk_/, idPrefix)
  const { name, scopes, createdBy, expiresAt } = input
  await tx.secretKey.create({
    data: {
      id: keyId,
      orgId,
      name,
      prefix: secretKey.slice(0, 9),
      keyHash: sha256(secretKey),
      scopes: [...scopes],
      createdBy: createdBy ?? null,
      expiresAt: expiresAt ?? null,
    },
  })
  return { keyId, secretKey }
}

/**
 * Makes a secret key; this is the only time it can be read.
 * @throws AppError conflict when a hundred are in use
 */
export function createSecretKey(
  orgId: OrgId,
  input: { name: string; scopes: KeyScope[]; createdBy?: UserId; expiresAt?: Date | undefined },
  client: PrismaClient = postgres(),
): Promise<{ keyId: string; secretKey: string }> {
  return withOrg(
    orgId,
    async (tx) => {
      await assertRoom(tx, orgId)
      return insertKey(tx, orgId, input)
    },
    client,
  )
}

/**
 * Puts a new key with the same name and scopes in a key's place; the old one works until `until`, but no longer than it
 * would have, then it is refused with the new one's id. The new key can be read this once.
 * @param when expiresAt: the new key's own end; absent, it does not expire
 * @param by whose role must hold every scope of the key
 * @throws AppError not_found, forbidden, conflict when the key has ended or was rotated before
 */
export function rotateSecretKey(
  orgId: OrgId,
  id: string,
  when: { until: Date; expiresAt?: Date | undefined },
  by: { userId: UserId; role: Role },
): Promise<{ keyId: string; secretKey: string }> {
  return withOrg(orgId, async (tx) => {
    const old = await tx.secretKey.findFirst({
      where: { id, orgId },
      select: { name: true, scopes: true, expiresAt: true },
    })
    if (!old) throw noSuchKey()
    assertGrantable(by.role, old.scopes)
    await assertRoom(tx, orgId, id)
    const { name, scopes } = old
    const made = await insertKey(tx, orgId, { name, scopes, createdBy: by.userId, expiresAt: when.expiresAt })
    // In one statement, so that of two people who rotate it at once only one does.
    const { count } = await tx.secretKey.updateMany({
      where: { id, orgId, replacedBy: null, ...liveKey() },
      data: { expiresAt: earlier(old.expiresAt, when.until), replacedBy: made.keyId },
    })
    if (count === 0) throw notRotatable()
    return made
  })
}

/** The end of a key that has a successor: rotating it must not prolong it. */
export const earlier = (expiresAt: Date | null, until: Date): Date =>
  expiresAt && expiresAt < until ? expiresAt : until

/** Why a key that has ended, or has a successor, is not rotated. */
export const notRotatable = () =>
  new AppError('conflict', 'This key has ended or was rotated already. Rotate the one that is in use.')

/**
 * Ends a secret key: it is refused within a second. Revoking it twice keeps the first time.
 * @throws AppError not_found
 */
export function revokeSecretKey(orgId: OrgId, id: string, client: PrismaClient = postgres()): Promise<SecretKeyRow> {
  return withOrg(
    orgId,
    async (tx) => {
      await tx.secretKey.updateMany({ where: { id, orgId, revokedAt: null }, data: { revokedAt: new Date() } })
      const found = await tx.secretKey.findFirst({ where: { id, orgId }, select: ROW })
      if (!found) throw noSuchKey()
      return found
    },
    client,
  )
}

const TEMPORARY_MS = 15 * 60_000

/**
 * Runs work with a secret key that exists only for it and counts against no limit. Should the process be killed meanwhile, the key expires by itself.
 * @param work gets the key; takes less than a quarter of an hour
 */
export async function withTemporaryKey<T>(
  orgId: OrgId,
  input: { name: string; scopes: KeyScope[]; createdBy?: UserId | undefined },
  work: (secretKey: string) => Promise<T>,
  client: PrismaClient = postgres(),
): Promise<T> {
  const expiresAt = new Date(Date.now() + TEMPORARY_MS)
  const { keyId, secretKey } = await withOrg(
    orgId,
    (tx) => insertKey(tx, orgId, { ...input, expiresAt }, TEMPORARY),
    client,
  )
  try {
    return await work(secretKey)
  } finally {
    await withOrg(orgId, (tx) => tx.secretKey.deleteMany({ where: { id: keyId, orgId } }), client)
  }
}
