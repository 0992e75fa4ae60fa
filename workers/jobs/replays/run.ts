import { z } from 'zod'
import {
  endReplay,
  type HeldReplay,
  holdReplay,
  LostReplay,
  type ReplaySummary,
} from '#server/modules/attribution/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { type ClickHouseClient, deleteRows, type PrismaClient } from '#server/stores/index.ts'
import { decideSlice, type ReplayDecisionRow } from './decide-slice.ts'
import { query } from './read.ts'
import { readSlice } from './slice-data.ts'
import { readKeyKinds } from './slice-touchpoints.ts'
import { planSlices } from './slices.ts'
import { OF_SNAPSHOT, readBuckets, takeSnapshot } from './snapshot.ts'

/** Installs of a slice. Three slices are in memory at a time with all that could win them, some 10 KB an install. */
const SLICE_INSTALLS = 10_000
/** How often the lease is kept, and a wish to cancel noticed. */
const HEARTBEAT_MS = 1_000

/** What a replay needs from its process. */
export interface ReplayTools {
  /** Names the process in the lease. */
  worker: string
  postgres: PrismaClient
  clickhouse: ClickHouseClient
  /** Unix milliseconds. */
  now(): number
  /** The process is stopping: what is left is for the next worker. */
  signal?: AbortSignal
  /** Installs of a slice; a test has no 10,000. */
  sliceInstalls?: number
  /** Told of each slice that is written. */
  onSlice?: (done: { slices: number; installs: number }) => void | Promise<void>
}

/**
 * Runs a replay that this process holds, from where it durably was to its end: copies the period's installs, decides them
 * slice by slice, and writes each slice whole before it is counted.
 * @throws LostReplay when it was cancelled or taken over, the signal's reason, or what made it fail; all but a takeover are
 *   noted at the replay
 */
export async function runReplay(held: HeldReplay, tools: ReplayTools): Promise<ReplaySummary> {
  const { worker, postgres } = tools
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, ...(tools.signal ? [tools.signal] : [])])
  const heartbeat = setInterval(() => {
    holdReplay(held, worker, {}, postgres).catch((error: unknown) => {
      // A database that is away for a moment ends nothing: the lease does, if it stays away.
      if (error instanceof LostReplay) stop.abort(error)
    })
  }, HEARTBEAT_MS)
  try {
    const summary = await work(held, tools, signal)
    // Whoever has taken it over still works on the copy.
    if (!(await endReplay(held, worker, { status: 'done', summary }, postgres))) throw new LostReplay(false)
    await removeSnapshot(held, tools)
    return summary
  } catch (thrown) {
    const error = signal.aborted ? signal.reason : thrown
    if (!(error instanceof LostReplay) || error.cancelled) {
      await endReplay(held, worker, endingFor(error, tools.signal), postgres).catch(() => undefined)
    }
    throw error
  } finally {
    clearInterval(heartbeat)
    // The next slice may be being read still.
    stop.abort(new Error('The what-if has ended.'))
  }
}

function endingFor(error: unknown, stopping: AbortSignal | undefined) {
  if (error instanceof LostReplay) return { status: 'cancelled' } as const
  if (stopping?.aborted) return { status: 'queued' } as const
  // What is no AppError may name what is none of the tenant's business; the worker's log has it.
  const text = error instanceof AppError ? error.message.slice(0, 2000) : 'Something failed on our side. Run it again.'
  return { status: 'failed', error: text } as const
}

async function work(held: HeldReplay, tools: ReplayTools, signal: AbortSignal): Promise<ReplaySummary> {
  const { worker, postgres, clickhouse, now } = tools
  const began = now()
  if (held.snapshotId === null || held.snapshotAt === null) {
    Object.assign(held, await takeSnapshot(clickhouse, held, now(), signal), { slicesDone: 0, installsDone: 0 })
    const { snapshotId, snapshotAt, installsTotal, installsLeft } = held
    const progress = { snapshotId, snapshotAt, installsTotal, installsLeft, slicesDone: 0, installsDone: 0 }
    await holdReplay(held, worker, progress, postgres)
  }
  const { snapshotId, snapshotAt } = held
  if (snapshotId === null || snapshotAt === null) throw new Error('A snapshot that was taken has an id.')
  const copy = { ...held, snapshotId, snapshotAt }
  const buckets = await readBuckets(clickhouse, held, snapshotId)
  // Unreadable installs are taken off the total as they are met.
  if (buckets.reduce((sum, { installs }) => sum + installs, 0) < held.installsTotal) {
    throw new AppError(
      'conflict',
      'It was interrupted for so long that its copy of the installs is gone. Run it again.',
    )
  }
  const kinds = await readKeyKinds(clickhouse, held, held.settings.probabilisticEnabled)
  const slices = planSlices(buckets, tools.sliceInstalls ?? SLICE_INSTALLS)
  const read = (at: number) => {
    const slice = slices[at]
    const data = slice ? readSlice(clickhouse, copy, kinds, slice, signal) : null
    // Whoever asks for it gets its error; until then it must not count as unhandled.
    data?.catch(() => undefined)
    return data
  }
  let { slicesDone, installsDone, installsTotal, installsLeft } = held
  const ahead = [read(slicesDone), read(slicesDone + 1)]
  for (let data = await ahead.shift(); data; data = await ahead.shift()) {
    signal.throwIfAborted()
    // The store reads the next two slices while this process decides: parts of reading one keep only a single core busy.
    ahead.push(read(slicesDone + 2))
    await write(clickhouse, await decideSlice(held, data, now(), signal))
    slicesDone += 1
    installsDone += data.installs.length
    installsTotal -= data.unreadable
    installsLeft += data.unreadable
    await holdReplay(held, worker, { slicesDone, installsDone, installsTotal, installsLeft }, postgres)
    await tools.onSlice?.({ slices: slicesDone, installs: installsDone })
  }
  return summarize(clickhouse, held, installsTotal, now() - began)
}

/** Only after the end was noted: a worker that goes on after a kill needs the copy. What stays goes by its age. */
async function removeSnapshot({ orgId, appId, snapshotId }: HeldReplay, { clickhouse }: ReplayTools): Promise<void> {
  const params = { org: orgId, app: appId, snapshot: snapshotId }
  await deleteRows(clickhouse, 'replay_installs', OF_SNAPSHOT, params).catch(() => undefined)
}

/** As one block, so that a kill leaves all of a slice or nothing. */
async function write(clickhouse: ClickHouseClient, rows: readonly ReplayDecisionRow[]): Promise<void> {
  if (rows.length === 0) return
  await clickhouse.insert({
    table: 'replay_decisions',
    values: [...rows],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort', async_insert: 0 },
  })
}

/** @throws AppError when not every install has a row: a result with holes is none */
async function summarize(
  clickhouse: ClickHouseClient,
  { id, orgId, appId }: HeldReplay,
  installs: number,
  tookMs: number,
): Promise<ReplaySummary> {
  const found = await query(
    clickhouse,
    `select toUInt32(count()) as decided, toUInt32(countIf(media_source != before_media_source)) as moved,
       toUInt32(countIf(media_source = before_media_source and campaign != before_campaign)) as moved_campaign
     from (
       select media_source, campaign, before_media_source, before_campaign from replay_decisions
       where org_id = {org:String} and app_id = {app:String} and replay_id = {replay:String}
       order by device_id, written_at desc limit 1 by device_id
     )`,
    { org: orgId, app: appId, replay: id },
  )
  const [row] = z.tuple([z.object({ decided: z.number(), moved: z.number(), moved_campaign: z.number() })]).parse(found)
  if (row.decided !== installs) {
    throw new AppError('internal', `${row.decided} of ${installs} installs were decided. Run it again.`)
  }
  return { moved: row.moved, movedCampaign: row.moved_campaign, tookMs }
}
