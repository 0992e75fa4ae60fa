import { type KeyScope, sha256 } from '#server/authz/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId, newToken, type OrgId, type UserId } from '#server/platform/ids.ts'
import { type PrismaClient, postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'

/** A secret key as lists show it: never the key itself. */
export interface SecretKeyRow {
  id: string
  name: string
  /** The first characters, to recognize it by. */
  prefix: string
  scopes: string[]
  createdAt: Date
  revokedAt: Date | null
  lastUsedAt: Date | null
}

const ROW = {
  id: true,
  name: true,
  prefix: true,
  scopes: true,
  createdAt: true,
  revokedAt: true,
  lastUsedAt: true,
} as const
const MOST_LIVE_KEYS = 100

/** An organization's secret keys, newest first, revoked ones included. */
export function listSecretKeys(orgId: OrgId): Promise<SecretKeyRow[]> {
  return withOrg(orgId, (tx) =>
    tx.secretKey.findMany({ where: { orgId }, select: ROW, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] }),
  )
}

/**
 * Makes a secret key; this is the only time it can be read.
 * @throws AppError conflict when a hundred are in use
 */
export async function createSecretKey(
  orgId: OrgId,
  input: { name: string; scopes: KeyScope[]; createdBy?: UserId },
  client: PrismaClient = postgres(),
): Promise<{ keyId: string; secretKey: string }> {
  const secretKey = `sk_${newToken(40)}`
  const keyId = newId('secretKey').replace(/^sk_/, 'key_')
  await withOrg(
    orgId,
    async (tx) => {
      if ((await tx.secretKey.count({ where: { orgId, revokedAt: null } })) >= MOST_LIVE_KEYS)
        throw new AppError('conflict', `This organization has ${MOST_LIVE_KEYS} keys in use. Revoke one first.`)
      const { name, scopes, createdBy } = input
      await tx.secretKey.create({
        data: {
          id: keyId,
          orgId,
          name,
          prefix: secretKey.slice(0, 9),
          keyHash: sha256(secretKey),
          scopes,
          createdBy: createdBy ?? null,
        },
      })
    },
    client,
  )
  return { keyId, secretKey }
}

/**
 * Ends a secret key: it is refused within a second. Revoking it twice keeps the first time.
 * @throws AppError not_found
 */
export function revokeSecretKey(orgId: OrgId, id: string): Promise<SecretKeyRow> {
  return withOrg(orgId, async (tx) => {
    await tx.secretKey.updateMany({ where: { id, orgId, revokedAt: null }, data: { revokedAt: new Date() } })
    const found = await tx.secretKey.findFirst({ where: { id, orgId }, select: ROW })
    if (!found) throw new AppError('not_found', 'There is no such key, or you have no access to it.')
    return found
  })
}
