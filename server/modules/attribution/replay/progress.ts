import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type PrismaClient, postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { type AttributionSettings, settingsSchema } from '../engine/index.ts'
import type { ReplaySummary } from './schema.ts'

/** How long a worker may be silent before another takes its replay over, in seconds. */
export const REPLAY_LEASE_SECONDS = 20

/** How far a replay durably came. */
export interface ReplayProgress {
  /** Names the copy of the installs; null until it is whole. */
  snapshotId: string | null
  snapshotAt: Date | null
  installsTotal: number
  installsDone: number
  /** Slices are written in order: the next one is this many from the first. */
  slicesDone: number
  installsLeft: number
}

/** A replay that a worker holds. */
export interface HeldReplay extends ReplayProgress {
  id: string
  orgId: OrgId
  appId: AppId
  /** Days in `timezone`; `periodTo` exclusive. */
  periodFrom: string
  periodTo: string
  timezone: string
  /** What is tried; `version` is that of the settings that it was made from. */
  settings: AttributionSettings
}

/** Somebody else holds the replay now, or it was cancelled: whoever notices stops at once and writes nothing more. */
export class LostReplay extends Error {
  readonly cancelled: boolean
  constructor(cancelled: boolean) {
    super(cancelled ? 'The what-if was cancelled.' : 'Another worker has taken the what-if over.')
    this.name = 'LostReplay'
    this.cancelled = cancelled
  }
}

type Client = PrismaClient
type Held = Pick<HeldReplay, 'id' | 'orgId'>

/**
 * Takes the next replay that waits, or whose worker has gone silent.
 * @param worker names the process
 * @returns null when there is none
 */
export async function claimReplay(worker: string, client: Client = postgres()): Promise<HeldReplay | null> {
  const [claimed] = await client.$queryRaw<{ claimed_org: string; claimed_replay: string }[]>`
    select * from claim_replay(${worker}, ${REPLAY_LEASE_SECONDS}::int)`
  if (!claimed) return null
  const orgId = claimed.claimed_org as OrgId
  const row = await withOrg(
    orgId,
    (tx) => tx.attributionReplay.findUniqueOrThrow({ where: { id: claimed.claimed_replay } }),
    client,
  )
  return {
    id: row.id,
    orgId,
    appId: row.appId as AppId,
    periodFrom: row.periodFrom,
    periodTo: row.periodTo,
    timezone: row.timezone,
    settings: settingsSchema.parse({ ...Object(row.settings), version: row.basedOnVersion }),
    snapshotId: row.snapshotId,
    snapshotAt: row.snapshotAt,
    installsTotal: row.installsTotal,
    installsDone: row.installsDone,
    slicesDone: row.slicesDone,
    installsLeft: row.installsLeft,
  }
}

/**
 * Keeps the lease and, where given, notes how far the replay durably came.
 * @throws LostReplay when another worker has it, or somebody cancelled it
 */
export async function holdReplay(
  { id, orgId }: Held,
  worker: string,
  noted: Partial<ReplayProgress> = {},
  client: Client = postgres(),
): Promise<void> {
  const cancelled = await withOrg(
    orgId,
    async (tx) => {
      const leaseUntil = new Date(Date.now() + REPLAY_LEASE_SECONDS * 1000)
      const { count } = await tx.attributionReplay.updateMany({
        where: { orgId, id, status: 'running', leaseOwner: worker },
        data: { ...noted, leaseUntil },
      })
      if (count === 0) return undefined
      const row = await tx.attributionReplay.findUniqueOrThrow({ where: { id }, select: { cancelWanted: true } })
      return row.cancelWanted
    },
    client,
  )
  if (cancelled === undefined) throw new LostReplay(false)
  if (cancelled) throw new LostReplay(true)
}

/** How a replay ended, or that it waits for the next worker to go on (`queued`). */
export type ReplayEnding =
  | { status: 'done'; summary: ReplaySummary }
  | { status: 'failed'; error: string }
  | { status: 'cancelled' | 'queued' }

/** Ends a worker's hold. Does nothing when another worker has it by now. */
export async function endReplay(
  { id, orgId }: Held,
  worker: string,
  ending: ReplayEnding,
  client: Client = postgres(),
): Promise<void> {
  const finishedAt = ending.status === 'queued' ? null : new Date()
  const data = { ...ending, finishedAt, leaseOwner: null, leaseUntil: null, cancelWanted: false }
  await withOrg(
    orgId,
    (tx) => tx.attributionReplay.updateMany({ where: { orgId, id, status: 'running', leaseOwner: worker }, data }),
    client,
  )
}

/** A replay whose rows in ClickHouse nobody wants any more. */
export interface ReplayToClear {
  orgId: OrgId
  appId: AppId
  id: string
  snapshotId: string | null
}

/**
 * Replays to be cleared, of all tenants; those that nobody kept for so many days are discarded on the way.
 * @returns at most 50
 */
export async function replaysToClear(keptDays: number, client: Client = postgres()): Promise<ReplayToClear[]> {
  const rows = await client.$queryRaw<
    { replay_org: string; replay_app: string; replay_id: string; replay_snapshot: string | null }[]
  >`select * from replays_to_clear(${keptDays}::int)`
  return rows.map((row) => ({
    orgId: row.replay_org as OrgId,
    appId: row.replay_app as AppId,
    id: row.replay_id,
    snapshotId: row.replay_snapshot,
  }))
}

/** Notes that a replay's rows are gone. */
export async function noteCleared({ id, orgId }: Held, client: Client = postgres()): Promise<void> {
  await withOrg(
    orgId,
    (tx) => tx.attributionReplay.updateMany({ where: { orgId, id }, data: { clearedAt: new Date() } }),
    client,
  )
}
