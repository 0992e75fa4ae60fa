import { addDays, dayInZone } from '#server/platform/days.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId, type UserId } from '#server/platform/ids.ts'
import type { Transaction } from '#server/stores/index.ts'
import { type TenantScope, withOrg } from '#server/tenancy/index.ts'
import { type AttributionSettings, settingsSchema } from '../engine/index.ts'
import { type SettingsChange, type SettingsFields, settingsFields } from '../schema.ts'
import { type AppKey, changesBetween, currentSettings, saveSettings, settingsOfVersion } from '../settings.ts'
import { type MeasuredComparison, measureReplay } from './queries.ts'
import { REPLAY_STATUSES, type ReplayInput, type ReplayStatus, type ReplaySummary, summarySchema } from './schema.ts'

/** A replay as the console shows it. */
export interface ReplayRow {
  id: string
  name: string
  /** Days in `timezone`; `to` is not part of the period. */
  from: string
  to: string
  timezone: string
  settings: SettingsFields
  /** The newest version of the app's settings when it was made, and what it tries otherwise. */
  basedOnVersion: number
  changes: SettingsChange[]
  status: ReplayStatus
  error: string | null
  /** How often in a row the worker that ran it ended before a new slice; it is taken over by the next. */
  attempts: number
  /** Somebody asked to cancel it; it stops within seconds. */
  cancelling: boolean
  /** Installs of the period (0 until they were counted), and how many of them are decided. */
  installsTotal: number
  installsDone: number
  /** Installs that another product decided; they are left out. */
  installsLeft: number
  summary: ReplaySummary | null
  kept: boolean
  adoptedVersion: number | null
  /** E-mail of who made it; null when that is not known. */
  author: string | null
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
}

/** Newest first; older ones stay in the table and out of the list. */
const MOST_LISTED = 200
/** Replays of one app that may wait or run at a time: workers take them in turn with everybody's. */
const MOST_WAITING = 5

type Stored = Awaited<ReturnType<typeof findReplay>>

async function findReplay(tx: Transaction, { orgId, appId }: AppKey, id: string) {
  const row = await tx.attributionReplay.findFirst({ where: { orgId, appId, id, status: { not: 'discarded' } } })
  if (!row) throw new AppError('not_found', 'This app has no such what-if.', { field: 'id' })
  return row
}

const triedSettings = (row: Stored): AttributionSettings =>
  settingsSchema.parse({ ...Object(row.settings), version: row.basedOnVersion })

async function shown(tx: Transaction, app: AppKey, rows: readonly Stored[]): Promise<ReplayRow[]> {
  const authors = [...new Set(rows.flatMap(({ createdBy }) => createdBy ?? []))]
  const users = await tx.user.findMany({ where: { id: { in: authors } }, select: { id: true, email: true } })
  const emails = new Map(users.map(({ id, email }) => [id, email]))
  const bases = new Map<number, AttributionSettings | null>()
  for (const { basedOnVersion } of rows) {
    if (!bases.has(basedOnVersion)) bases.set(basedOnVersion, await settingsOfVersion(tx, app, basedOnVersion))
  }
  return rows.map((row) => {
    const tried = triedSettings(row)
    const base = bases.get(row.basedOnVersion)
    return {
      id: row.id,
      name: row.name,
      from: row.periodFrom,
      to: row.periodTo,
      timezone: row.timezone,
      settings: settingsFields.parse(tried),
      basedOnVersion: row.basedOnVersion,
      changes: base ? changesBetween({ ...base, effectiveFrom: null }, tried) : [],
      status: REPLAY_STATUSES.find((one) => one === row.status) ?? 'failed',
      error: row.error,
      attempts: row.attempts,
      cancelling: row.cancelWanted,
      installsTotal: row.installsTotal,
      installsDone: row.installsDone,
      installsLeft: row.installsLeft,
      summary: row.summary === null ? null : summarySchema.parse(row.summary),
      kept: row.keptAt !== null,
      adoptedVersion: row.adoptedVersion,
      author: row.createdBy === null ? null : (emails.get(row.createdBy) ?? null),
      createdAt: row.createdAt,
      startedAt: row.startedAt,
      finishedAt: row.finishedAt,
    }
  })
}

async function shownOne(tx: Transaction, app: AppKey, id: string): Promise<ReplayRow> {
  const [row] = await shown(tx, app, [await findReplay(tx, app, id)])
  if (!row) throw new Error('A replay that was found is shown.')
  return row
}

/**
 * Makes a replay and hands it to the jobs role.
 * @param timezone the app's zone, in which the period's days begin
 * @throws AppError conflict while too many of the app wait
 */
export function createReplay(app: AppKey, timezone: string, input: ReplayInput, author: UserId): Promise<ReplayRow> {
  const { orgId, appId } = app
  return withOrg(orgId, async (tx) => {
    const waiting = await tx.attributionReplay.count({
      where: { orgId, appId, status: { in: ['queued', 'running'] } },
    })
    if (waiting >= MOST_WAITING) {
      throw new AppError('conflict', `${waiting} what-ifs of this app wait or run. Wait for them or cancel one.`)
    }
    const { version } = await currentSettings(tx, app)
    const { version: _, effectiveFrom: __, ...settings } = settingsSchema.parse({ ...input.settings, version })
    const row = await tx.attributionReplay.create({
      data: {
        id: newId('replay'),
        orgId,
        appId,
        name: input.name,
        periodFrom: input.from,
        periodTo: input.to,
        timezone,
        settings: { ...settings, priorities: [...settings.priorities] },
        basedOnVersion: version,
        status: 'queued',
        createdBy: author,
      },
    })
    return shownOne(tx, app, row.id)
  })
}

/** The app's replays, newest first. */
export function listReplays(app: AppKey): Promise<ReplayRow[]> {
  const { orgId, appId } = app
  return withOrg(orgId, async (tx) => {
    const rows = await tx.attributionReplay.findMany({
      where: { orgId, appId, status: { not: 'discarded' } },
      orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
      take: MOST_LISTED,
    })
    return shown(tx, app, rows)
  })
}

/** One replay and the newest version of the app's settings. @throws AppError not_found */
export function getReplay(app: AppKey, id: string): Promise<ReplayRow & { newestVersion: number }> {
  return withOrg(app.orgId, async (tx) => {
    const row = await shownOne(tx, app, id)
    return { ...row, newestVersion: (await currentSettings(tx, app)).version }
  })
}

/**
 * What a finished replay would have changed.
 * @param scope of the app
 * @param currency the organization's reporting currency
 * @throws AppError not_found, conflict while it has not ended well
 */
export async function replayComparison(
  app: AppKey,
  scope: TenantScope,
  id: string,
  currency: string,
): Promise<MeasuredComparison> {
  const row = await withOrg(app.orgId, (tx) => findReplay(tx, app, id))
  if (row.status !== 'done' && row.status !== 'adopted') {
    throw new AppError('conflict', 'This what-if has no result to compare.')
  }
  const until = addDays(dayInZone(Date.now(), row.timezone), 1)
  const { periodFrom: from, timezone } = row
  return measureReplay(scope, { id, from, until: until > from ? until : addDays(from, 1), timezone }, currency)
}

/** Stops a replay within seconds. @throws AppError not_found, conflict when it has ended */
export function cancelReplay(app: AppKey, id: string): Promise<ReplayRow> {
  const { orgId, appId } = app
  return withOrg(orgId, async (tx) => {
    await findReplay(tx, app, id)
    // Nobody looks after one whose worker has gone silent.
    const silent = { status: 'running', OR: [{ leaseUntil: { lt: new Date() } }, { leaseUntil: null }] }
    const waiting = await tx.attributionReplay.updateMany({
      where: { orgId, appId, id, OR: [{ status: 'queued' }, silent] },
      data: { status: 'cancelled', finishedAt: new Date(), leaseOwner: null, leaseUntil: null, cancelWanted: false },
    })
    if (waiting.count === 0) {
      const running = await tx.attributionReplay.updateMany({
        where: { orgId, appId, id, status: 'running' },
        data: { cancelWanted: true },
      })
      if (running.count === 0) throw new AppError('conflict', 'This what-if does not run any more.')
    }
    return shownOne(tx, app, id)
  })
}

/** Keeps a result beyond its 30 days, or no longer. @throws AppError not_found, conflict when there is no result */
export function keepReplay(app: AppKey, id: string, keep: boolean): Promise<ReplayRow> {
  const { orgId, appId } = app
  return withOrg(orgId, async (tx) => {
    await findReplay(tx, app, id)
    const { count } = await tx.attributionReplay.updateMany({
      where: { orgId, appId, id, status: 'done' },
      data: { keptAt: keep ? new Date() : null },
    })
    if (count === 0) throw new AppError('conflict', 'Only the result of a finished what-if can be kept.')
    return shownOne(tx, app, id)
  })
}

/** Takes a replay off the list; its results are removed. @throws AppError not_found, conflict while it runs or once adopted */
export function discardReplay(app: AppKey, id: string): Promise<void> {
  const { orgId, appId } = app
  return withOrg(orgId, async (tx) => {
    const row = await findReplay(tx, app, id)
    const { count } = await tx.attributionReplay.updateMany({
      where: { orgId, appId, id, status: { in: ['done', 'failed', 'cancelled'] } },
      data: { status: 'discarded' },
    })
    if (count > 0) return
    throw row.status === 'adopted'
      ? new AppError('conflict', 'This what-if was adopted; it says where the settings come from.')
      : new AppError('conflict', 'This what-if runs. Cancel it first.')
  })
}

/**
 * Makes a replay's settings the app's next version, for installs from a day on. Installs that were decided already keep
 * their decision.
 * @param timezone the app's zone, in which `from` begins
 * @param overVersion the newest version that the person has seen
 * @returns the replay with the version that it became
 * @throws AppError not_found; conflict when it has no result, when somebody saved a version after `overVersion`, or when
 *   nothing differs from the settings in force
 */
export function adoptReplay(
  app: AppKey,
  timezone: string,
  { id, from, overVersion }: { id: string; from: string; overVersion: number },
  author: UserId,
): Promise<ReplayRow> {
  const { orgId, appId } = app
  return withOrg(orgId, async (tx) => {
    const row = await findReplay(tx, app, id)
    if (row.status === 'adopted') throw new AppError('conflict', `It became version ${row.adoptedVersion} already.`)
    if (row.status !== 'done') throw new AppError('conflict', 'Only a finished what-if can be adopted.')
    const before = await currentSettings(tx, app)
    if (before.version !== overVersion) {
      throw new AppError(
        'conflict',
        `Version ${before.version} was saved meanwhile. Look at what it changed, then adopt over it or discard the what-if.`,
        { field: 'overVersion' },
      )
    }
    const [midnight] = await tx.$queryRaw<
      { at: Date }[]
    >`select ${from}::date::timestamp at time zone ${timezone} as at`
    if (!midnight) throw new Error('Postgres gave no time.')
    const settings = settingsFields.parse(triedSettings(row))
    const effectiveFrom = midnight.at.toISOString()
    const saved = await saveSettings(tx, app, { ...settings, effectiveFrom, basedOnVersion: overVersion }, author)
    if (saved.version === before.version) {
      throw new AppError('conflict', 'These are the settings in force already. There is nothing to adopt.')
    }
    const { count } = await tx.attributionReplay.updateMany({
      where: { orgId, appId, id, status: 'done' },
      data: { status: 'adopted', adoptedVersion: saved.version, keptAt: row.keptAt ?? new Date() },
    })
    // Thrown, it takes the version back as well: a version must not name a what-if whose result is gone.
    if (count === 0) throw new AppError('conflict', 'This what-if was discarded meanwhile. Nothing was adopted.')
    return shownOne(tx, app, id)
  })
}
