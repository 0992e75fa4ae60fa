import { type AppId, newId, type OrgId } from '#server/platform/ids.ts'
import { type PrismaClient, postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import {
  type Counts,
  FILE_FORMATS,
  type FileFormat,
  type Mapping,
  mappingSchema,
  ROW_KINDS,
  type RowKind,
} from './schema.ts'

/** How long a worker may be silent before another takes its import over, in seconds. */
export const LEASE_SECONDS = 20

/**
 * An import that was taken over so often from workers that went silent, without a row more in between, is what takes them
 * down: it has failed.
 */
const MOST_ATTEMPTS = 5

/** What the person who started such an import reads. */
const GAVE_UP = `${MOST_ATTEMPTS} times in a row the worker that ran it ended before it came any further, most likely because it ran out of memory. Cut the file into smaller ones, or start it again.`

/** How far an import durably came. All of it belongs together: the counts are those of the first `rowsDone` rows. */
export interface Progress extends Pick<Counts, 'accepted' | 'rejected'> {
  rowsDone: number
  /** How much of the file has been read, from 0 to 1. */
  share: number
  /** Length of the list of refused rows. */
  refusedBytes: number
  /** As far as they are known: those of events and touchpoints are counted at the end, once everything is loaded. */
  duplicates: number | null
}

/** An import that a worker holds. */
export interface HeldImport extends Progress {
  id: string
  orgId: OrgId
  appId: AppId
  platform: 'ios' | 'android' | 'web'
  kind: RowKind
  format: FileFormat
  mapping: Mapping
  fileName: string
  fingerprint: string
  /** The secret key of an attempt before this one. */
  keyId: string | null
}

/** Somebody else holds the import now, or it was cancelled: whoever notices stops at once and writes nothing more. */
export class LostImport extends Error {
  readonly cancelled: boolean
  constructor(cancelled: boolean) {
    super(cancelled ? 'The import was cancelled.' : 'Another worker has taken the import over.')
    this.name = 'LostImport'
    this.cancelled = cancelled
  }
}

type Client = PrismaClient
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000)

/**
 * Takes the next import that waits, or whose worker has gone silent; those that came further since they last lost a worker
 * go first, then the oldest. One that lost {@link MOST_ATTEMPTS} in a row has failed, which is noted on the way.
 * @param worker names the process
 * @returns null when there is none
 */
export async function claimImport(worker: string, client: Client = postgres()): Promise<HeldImport | null> {
  for (;;) {
    const [claimed] = await client.$queryRaw<{ claimed_org: string; claimed_import: string }[]>`
      select * from claim_import(${worker}, ${LEASE_SECONDS}::int)`
    if (!claimed) return null
    const [orgId, id] = [claimed.claimed_org as OrgId, claimed.claimed_import]
    if (!(await gaveUp(orgId, id, worker, client))) return heldImport(orgId, id, client)
  }
}

/** Whether a claimed import has failed for good, or was to be cancelled; it has ended then. */
function gaveUp(orgId: OrgId, id: string, worker: string, client: Client): Promise<boolean> {
  return withOrg(
    orgId,
    async (tx) => {
      const row = await tx.import.findUnique({
        where: { id },
        select: { attempts: true, cancelWanted: true, keyId: true },
      })
      if (row && row.attempts < MOST_ATTEMPTS) return false
      if (row?.keyId) await tx.secretKey.deleteMany({ where: { orgId, id: row.keyId } })
      const ending = row?.cancelWanted ? { status: 'cancelled' } : { status: 'failed', error: GAVE_UP }
      const free = { finishedAt: new Date(), leaseOwner: null, leaseUntil: null, keyId: null, cancelWanted: false }
      await tx.import.updateMany({
        where: { orgId, id, status: 'running', leaseOwner: worker },
        data: { ...ending, ...free },
      })
      return true
    },
    client,
  )
}

/**
 * Takes an import of a file on the operator's machine: the one of the same file, app and reading that was interrupted, or a
 * new one. Waits while another process holds it.
 * @param onWait told once when it has to wait
 */
export async function takeImport(
  app: { orgId: OrgId; appId: AppId },
  reading: { kind: RowKind; format: FileFormat; mapping: Mapping },
  file: { name: string; bytes: number; fingerprint: string },
  worker: string,
  client: Client,
  onWait: () => void = () => undefined,
): Promise<HeldImport> {
  const { orgId, appId } = app
  const { kind, format, mapping } = reading
  const { fingerprint } = file
  for (let round = 0; ; round++) {
    const taken = await withOrg(
      orgId,
      async (tx) => {
        const before = await tx.import.findMany({
          where: { orgId, appId, kind, format, fingerprint, uploaded: false, status: { in: ['running', 'failed'] } },
          orderBy: { createdAt: 'desc' },
        })
        const same = before.find((one) => sameMapping(one.mapping, mapping))
        const lease = { status: 'running', error: null, leaseOwner: worker, leaseUntil: inSeconds(LEASE_SECONDS) }
        if (!same) {
          const id = newId('import')
          const { name: fileName, bytes: fileBytes } = file
          const data = { id, orgId, appId, kind, format, mapping, fileName, fileBytes, fingerprint, uploaded: false }
          await tx.import.create({ data: { ...data, ...lease, startedAt: new Date() } })
          return id
        }
        const free = { OR: [{ status: 'failed' }, { leaseUntil: { lt: new Date() } }, { leaseUntil: null }] }
        const { count } = await tx.import.updateMany({ where: { orgId, id: same.id, ...free }, data: lease })
        return count === 1 ? same.id : null
      },
      client,
    )
    if (taken !== null) return heldImport(orgId, taken, client)
    if (round === 0) onWait()
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

const sameMapping = (stored: unknown, mapping: Mapping): boolean => {
  const sorted = (one: Mapping) => JSON.stringify(Object.entries(one).sort())
  return sorted(mappingSchema.parse(stored)) === sorted(mapping)
}

async function heldImport(orgId: OrgId, id: string, client: Client): Promise<HeldImport> {
  const row = await withOrg(
    orgId,
    (tx) => tx.import.findUniqueOrThrow({ where: { id }, include: { app: { select: { platform: true } } } }),
    client,
  )
  const kind = ROW_KINDS.find((one) => one === row.kind)
  const format = FILE_FORMATS.find((one) => one === row.format)
  if (!kind || !format) throw new Error(`Import ${id} is of a kind that this version does not know.`)
  return {
    id,
    orgId,
    appId: row.appId as AppId,
    platform: row.app.platform,
    kind,
    format,
    mapping: mappingSchema.parse(row.mapping),
    fileName: row.fileName,
    fingerprint: row.fingerprint,
    keyId: row.keyId,
    rowsDone: Number(row.rowsDone),
    share: row.share,
    accepted: Number(row.accepted),
    rejected: Number(row.rejected),
    refusedBytes: Number(row.refusedBytes),
    duplicates: row.duplicates === null ? null : Number(row.duplicates),
  }
}

/**
 * Keeps the lease and, where given, notes how far the import durably came and which key it works with. Rows done since it was
 * claimed show that it does not take its workers down.
 * @throws LostImport when another worker has it, or somebody cancelled it
 */
export async function keepImport(
  held: Pick<HeldImport, 'id' | 'orgId' | 'rowsDone'>,
  worker: string,
  noted: Partial<Progress> & { keyId?: string | null } = {},
  client: Client = postgres(),
): Promise<void> {
  const { id, orgId } = held
  const cancelled = await withOrg(
    orgId,
    async (tx) => {
      const further = (noted.rowsDone ?? 0) > held.rowsDone
      const data = { ...noted, leaseUntil: inSeconds(LEASE_SECONDS), ...(further ? { attempts: 0 } : {}) }
      const { count } = await tx.import.updateMany({
        where: { orgId, id, status: 'running', leaseOwner: worker },
        data,
      })
      if (count === 0) return undefined
      return (await tx.import.findUniqueOrThrow({ where: { id }, select: { cancelWanted: true } })).cancelWanted
    },
    client,
  )
  if (cancelled === undefined) throw new LostImport(false)
  if (cancelled) throw new LostImport(true)
}

/** Longer ago than the loader surely remembers what it loaded, in milliseconds. */
const REMEMBERED_MS = 7 * 86_400_000

/** Whether rows of an import of this app may be in the store that the loader no longer knows to be there. */
export async function importedLongAgo(
  held: Pick<HeldImport, 'id' | 'orgId' | 'appId'>,
  client: Client = postgres(),
): Promise<boolean> {
  const { orgId, appId } = held
  const startedAt = { lt: new Date(Date.now() - REMEMBERED_MS) }
  return withOrg(
    orgId,
    async (tx) => (await tx.import.findFirst({ where: { orgId, appId, startedAt, accepted: { gt: 0 } } })) !== null,
    client,
  )
}

/** How an import ended, or that it waits for the next worker to go on (`queued`). */
export type Ending = { status: 'done' } | { status: 'failed'; error: string } | { status: 'cancelled' | 'queued' }

/**
 * Ends a worker's hold, and notes how far it came. Does nothing when another worker has it by now.
 * @param progress what is durable
 */
export async function endImport(
  held: Pick<HeldImport, 'id' | 'orgId'>,
  worker: string,
  ending: Ending,
  progress: Progress,
  client: Client = postgres(),
): Promise<void> {
  const { id, orgId } = held
  const finishedAt = ending.status === 'queued' ? null : new Date()
  const data = {
    ...progress,
    ...ending,
    finishedAt,
    leaseOwner: null,
    leaseUntil: null,
    keyId: null,
    cancelWanted: false,
  }
  await withOrg(
    orgId,
    (tx) => tx.import.updateMany({ where: { orgId, id, status: 'running', leaseOwner: worker }, data }),
    client,
  )
}
