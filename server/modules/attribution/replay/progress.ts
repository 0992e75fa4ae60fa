import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type Prisma, type PrismaClient, postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { type AttributionSettings, settingsSchema } from '../engine/index.ts'
import type { ReplaySummary } from './schema.ts'

/** How long a worker may be silent before another takes its replay over, in seconds. */
export const REPLAY_LEASE_SECONDS = 20

/**
 * A replay that was taken over so often from workers that went silent, without a new slice in between, is what takes them
 * down: it has failed.
 */
export const MOST_ATTEMPTS = 5

/** What the person who started such a replay reads. */
const GAVE_UP = `${MOST_ATTEMPTS} times in a row the worker that ran it ended before it came any further, most likely because it ran out of memory. Run it over a shorter period, or start it again.`

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
 * Takes the next replay that waits, or whose worker has gone silent; those that came further since they last lost a worker
 * go first, then the oldest. One that lost {@link MOST_ATTEMPTS} in a row has failed, which is noted on the way.
 * @param worker names the process
 * @returns null when there is none
 */
export async function claimReplay(worker: string, client: Client = postgres()): Promise<HeldReplay | null> {
  for (;;) {
    const [claimed] = await client.$queryRaw<{ claimed_org: string; claimed_replay: string }[]>`
      select * from claim_replay(${worker}, ${REPLAY_LEASE_SECONDS}::int)`
    if (!claimed) return null
    const orgId = claimed.claimed_org as OrgId
    const row = await withOrg(
      orgId,
      // It may be gone by now, with its app.
      (tx) => tx.attributionReplay.findUnique({ where: { id: claimed.claimed_replay } }),
      client,
    )
    if (!row) continue
    if (row.attempts < MOST_ATTEMPTS) return heldReplay(row)
    const ending = row.cancelWanted
      ? ({ status: 'cancelled' } as const)
      : ({ status: 'failed', error: GAVE_UP } as const)
    await endReplay({ id: row.id, orgId }, worker, ending, client)
  }
}

function heldReplay(row: Prisma.AttributionReplayGetPayload<object>): HeldReplay {
  return {
    id: row.id,
    orgId: row.orgId as OrgId,
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
 * Keeps the lease and, where given, notes how far the replay durably came. A slice more shows that it does not take its
 * workers down.
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
        data: { ...noted, leaseUntil, ...(noted.slicesDone ? { attempts: 0 } : {}) },
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

/**
 * Ends a worker's hold.
 * @returns false: another worker has it by now, or it is gone; nothing was noted
 */
export async function endReplay(
  { id, orgId }: Held,
  worker: string,
  ending: ReplayEnding,
  client: Client = postgres(),
): Promise<boolean> {
  const finishedAt = ending.status === 'queued' ? null : new Date()
  const data = { ...ending, finishedAt, leaseOwner: null, leaseUntil: null, cancelWanted: false }
  const { count } = await withOrg(
    orgId,
    (tx) => tx.attributionReplay.updateMany({ where: { orgId, id, status: 'running', leaseOwner: worker }, data }),
    client,
  )
  return count > 0
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
