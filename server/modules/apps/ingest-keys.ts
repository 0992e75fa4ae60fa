import { earlier, liveKey, notRotatable } from '#server/modules/keys/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { type AppId, newId, type OrgId } from '#server/platform/ids.ts'
import type { Transaction } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'

/** An app's write-only key for devices. */
export interface IngestKeyRow {
  id: string
  key: string
  /** Where it is used; empty for an app's first key. */
  name: string
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
  key: true,
  name: true,
  createdAt: true,
  expiresAt: true,
  replacedBy: true,
  revokedAt: true,
  lastUsedAt: true,
} as const
const MOST_LIVE_KEYS = 20

/** A key's id for lists and logs; its prefix differs from the key's own, so that nobody pastes the one for the other. */
export const newKeyId = () => newId('ingestKey').replace(/^ik_/, 'key_')

const noSuchKey = () => new AppError('not_found', 'There is no such key, or you have no access to it.')

/** An app's ingest keys, newest first, ended ones included. */
export function listIngestKeys(orgId: OrgId, appId: AppId): Promise<IngestKeyRow[]> {
  return withOrg(orgId, (tx) =>
    tx.ingestKey.findMany({ where: { orgId, appId }, select: ROW, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] }),
  )
}

interface NewKey {
  name?: string | undefined
  expiresAt?: Date | undefined
}

/**
 * Keys that have a successor are on their way out and do not count against the limit.
 * @param replaced a key whose place the new one takes: a full list can be rotated
 */
async function insertKey(tx: Transaction, orgId: OrgId, appId: AppId, { name = '', expiresAt }: NewKey, replaced = '') {
  const kept = { replacedBy: null, NOT: { id: replaced } }
  if ((await tx.ingestKey.count({ where: { orgId, appId, ...liveKey(), ...kept } })) >= MOST_LIVE_KEYS)
    throw new AppError('conflict', `This app has ${MOST_LIVE_KEYS} keys in use. Revoke one first.`)
  return tx.ingestKey.create({
    data: { id: newKeyId(), orgId, appId, key: newId('ingestKey'), name, expiresAt: expiresAt ?? null },
    select: { id: true, key: true },
  })
}

/**
 * One more ingest key.
 * @param input name: where it is used; expiresAt: absent, it does not expire
 * @throws AppError conflict when twenty are in use
 */
export function createIngestKey(orgId: OrgId, appId: AppId, input: NewKey = {}): Promise<{ id: string; key: string }> {
  return withOrg(orgId, (tx) => insertKey(tx, orgId, appId, input))
}

/**
 * Puts a new key in a key's place, under the same name; the old one works until `until`, but no longer than it would have,
 * so that a release with the new one has time to arrive, and is then refused with the new one's id.
 * @param when expiresAt: the new key's own end; absent, it does not expire
 * @throws AppError not_found, conflict when the key has ended or was rotated before
 */
export function rotateIngestKey(
  orgId: OrgId,
  appId: AppId,
  id: string,
  when: { until: Date; expiresAt?: Date | undefined },
): Promise<{ id: string; key: string }> {
  return withOrg(orgId, async (tx) => {
    const old = await tx.ingestKey.findFirst({ where: { id, orgId, appId }, select: { name: true, expiresAt: true } })
    if (!old) throw noSuchKey()
    const made = await insertKey(tx, orgId, appId, { name: old.name, expiresAt: when.expiresAt }, id)
    // In one statement, so that of two people who rotate it at once only one does.
    const { count } = await tx.ingestKey.updateMany({
      where: { id, orgId, appId, replacedBy: null, ...liveKey() },
      data: { expiresAt: earlier(old.expiresAt, when.until), replacedBy: made.id },
    })
    if (count === 0) throw notRotatable()
    return made
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
    if (!found) throw noSuchKey()
    return found
  })
}
