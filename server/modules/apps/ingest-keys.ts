import { AppError } from '#server/platform/errors.ts'
import { type AppId, newId, type OrgId } from '#server/platform/ids.ts'
import { withOrg } from '#server/tenancy/index.ts'

/** An app's write-only key for devices. */
export interface IngestKeyRow {
  id: string
  key: string
  createdAt: Date
  revokedAt: Date | null
  lastUsedAt: Date | null
}

const ROW = { id: true, key: true, createdAt: true, revokedAt: true, lastUsedAt: true } as const
const MOST_LIVE_KEYS = 20

/** A key's id for lists and logs; its prefix differs from the key's own, so that nobody pastes the one for the other. */
export const newKeyId = () => newId('ingestKey').replace(/^ik_/, 'key_')

/** An app's ingest keys, newest first, revoked ones included. */
export function listIngestKeys(orgId: OrgId, appId: AppId): Promise<IngestKeyRow[]> {
  return withOrg(orgId, (tx) =>
    tx.ingestKey.findMany({ where: { orgId, appId }, select: ROW, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] }),
  )
}

/**
 * One more ingest key, so that a leaked one can be replaced without a gap.
 * @throws AppError conflict when twenty are in use
 */
export function createIngestKey(orgId: OrgId, appId: AppId): Promise<{ id: string; key: string }> {
  return withOrg(orgId, async (tx) => {
    if ((await tx.ingestKey.count({ where: { orgId, appId, revokedAt: null } })) >= MOST_LIVE_KEYS)
      throw new AppError('conflict', `This app has ${MOST_LIVE_KEYS} keys in use. Revoke one first.`)
    return tx.ingestKey.create({
      data: { id: newKeyId(), orgId, appId, key: newId('ingestKey') },
      select: { id: true, key: true },
    })
  })
}

/**
 * Ends a key: the collector refuses it within a second. Revoking it twice keeps the first time.
 * @throws AppError not_found
 */
export async function revokeIngestKey(orgId: OrgId, appId: AppId, id: string): Promise<IngestKeyRow> {
  return withOrg(orgId, async (tx) => {
    await tx.ingestKey.updateMany({ where: { id, orgId, appId, revokedAt: null }, data: { revokedAt: new Date() } })
    const found = await tx.ingestKey.findFirst({ where: { id, orgId, appId }, select: ROW })
    if (!found) throw new AppError('not_found', 'There is no such key, or you have no access to it.')
    return found
  })
}
