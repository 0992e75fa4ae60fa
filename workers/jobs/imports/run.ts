import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Counts,
  endImport,
  folderOf,
  type HeldImport,
  importedLongAgo,
  keepImport,
  LEASE_SECONDS,
  LostImport,
  Meter,
  type Progress,
  type RefusedRow,
  type Row,
  readRows,
  refusedFile,
} from '#server/modules/imports/index.ts'
import { createSecretKey } from '#server/modules/keys/index.ts'
import type { Env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import type { ClickHouseClient, PrismaClient } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { deliver, type Target } from './deliver.ts'
import { diskLogOf, loadedRows } from './loaded.ts'
import { openRefused, type RefusedList } from './refused.ts'

/** A batch's bounds; the collector takes at most 10,000 rows and 10 MB. An AppsFlyer row may name four touchpoints. */
const BATCH_ROWS = 5000
const APPSFLYER_BATCH_ROWS = 2000
const BATCH_BYTES = 4 * 2 ** 20
/** How long progress may be behind: so much is sent again after a crash, under the same names. */
const NOTE_EVERY_MS = 1000
/** How long a key outlives an import that was killed. Renewing tells every collector, so not with every beat of the lease. */
const KEY_LIFE_MS = 10 * 60_000

/** What an import needs from its process. */
export interface ImportTools {
  /** Names the process in the lease. */
  worker: string
  postgres: PrismaClient
  clickhouse: ClickHouseClient
  env: Pick<Env, 'DATA_DIR' | 'EVENT_LOG'>
  /** Address of a collector. */
  collector: string
  /** The process is stopping: what is left is for the next worker. */
  signal?: AbortSignal
  /** Called when there is something to wait for; may start a loader. */
  onWaiting?: () => Promise<void>
  onProgress?: (progress: Progress) => void
  /** Told of the refused rows of each batch. */
  onRefused?: (rows: readonly RefusedRow[]) => void
  /** Told at the end of installs that were decided here before, otherwise than the file says. */
  onHeld?: (installs: number) => void
  /** Milliseconds that loaders elsewhere may stand still before `duplicates` is left unknown; a test has no five minutes. */
  patience?: number
}

/**
 * Runs an import that this process holds, from where it durably was to its end. Rows go to a collector like everybody's, so
 * that the same rules, dead letters and deduplication hold; importing a file twice changes nothing.
 * @param file the file's path
 * @throws LostImport when it was cancelled or taken over, the signal's reason, or what made it fail; all but a takeover are
 *   noted at the import, and it goes on from where it was when it is started again
 */
export async function runImport(held: HeldImport, file: string, tools: ImportTools): Promise<Counts> {
  const { worker, postgres } = tools
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, ...(tools.signal ? [tools.signal] : [])])
  const heartbeat = setInterval(
    () => {
      keepImport(held, worker, {}, postgres).catch((error: unknown) => {
        // A database that is away for a moment ends nothing: the lease does, if it stays away.
        if (error instanceof LostImport) stop.abort(error)
      })
    },
    (LEASE_SECONDS / 4) * 1000,
  )
  const progress: Progress = { ...progressOf(held) }
  try {
    await work(held, file, tools, progress, signal)
    progress.share = 1
    await endImport(held, worker, { status: 'done' }, progress, postgres)
    return { accepted: progress.accepted, rejected: progress.rejected, duplicates: progress.duplicates }
  } catch (thrown) {
    const error = signal.aborted ? signal.reason : thrown
    if (!(error instanceof LostImport) || error.cancelled) {
      await endImport(held, worker, endingFor(error, tools.signal), progress, postgres).catch(() => undefined)
    }
    throw error
  } finally {
    clearInterval(heartbeat)
  }
}

function progressOf({ rowsDone, share, accepted, rejected, refusedBytes, duplicates }: HeldImport): Progress {
  return { rowsDone, share, accepted, rejected, refusedBytes, duplicates }
}

function endingFor(error: unknown, stopping: AbortSignal | undefined) {
  if (error instanceof LostImport) return { status: 'cancelled' } as const
  if (stopping?.aborted) return { status: 'queued' } as const
  // What is no AppError may name what is none of the tenant's business; the worker's log has it.
  const text =
    error instanceof AppError ? error.message.slice(0, 2000) : 'Something failed on our side. Start it again.'
  return { status: 'failed', error: text } as const
}

async function work(
  held: HeldImport,
  file: string,
  tools: ImportTools,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { worker, postgres, clickhouse, env } = tools
  if (!existsSync(file)) {
    const message = 'The file is not there. Upload it again; where web and jobs run apart, both need the same DATA_DIR.'
    throw new AppError('not_found', message)
  }
  await mkdir(folderOf(env.DATA_DIR), { recursive: true })
  const scratch = await mkdtemp(join(folderOf(env.DATA_DIR), `${held.id}.`))
  const refused = await openRefused(refusedFile(env.DATA_DIR, held.id), held.refusedBytes)
  const lookUp = await importedLongAgo(held, postgres)
  const key = await openKey(held, tools)
  const target: Target = { collector: tools.collector, secretKey: key.secretKey, clickhouse, lookUp, signal }
  let installsHeld = 0
  let noted = Date.now()
  try {
    const meter = new Meter()
    const reading = { ...held, file, scratch, meter, app: { platform: held.platform } }
    const rows = readRows(reading, { skip: progress.rowsDone, signal })
    for await (const batch of ahead(batches(rows, held.format === 'appsflyer' ? APPSFLYER_BATCH_ROWS : BATCH_ROWS))) {
      signal.throwIfAborted()
      progress.share = meter.share
      installsHeld += await deliverBatch(held, batch, target, refused, progress, tools)
      // Only the store of decisions says at once what was there, so only there a repeated batch would be counted again.
      if (Date.now() - noted < NOTE_EVERY_MS && held.kind !== 'decisions') continue
      await keepImport(held, worker, progress, postgres)
      noted = Date.now()
    }
    await keepImport(held, worker, progress, postgres)
    if (installsHeld > 0) tools.onHeld?.(installsHeld)
    if (held.kind !== 'decisions') {
      const of = { ...held, table: held.kind, requests: `${held.id}_` }
      const { onWaiting, patience } = tools
      const given = { ...(onWaiting && { onWaiting }), ...(patience !== undefined && { patience }) }
      const loaded = await loadedRows(clickhouse, of, progress.accepted, { logDir: diskLogOf(env), signal, ...given })
      progress.duplicates = loaded === null ? null : progress.accepted - loaded
    } else progress.duplicates ??= 0
  } finally {
    await Promise.allSettled([refused.close(), key.remove(), rm(scratch, { recursive: true, force: true })])
  }
}

async function deliverBatch(
  held: HeldImport,
  batch: readonly Row[],
  target: Target,
  refused: RefusedList,
  progress: Progress,
  tools: ImportTools,
): Promise<number> {
  // The place in the file, so that a batch that is sent again after a crash has the name it had.
  const done = await deliver(held, batch, `${held.id}_${progress.rowsDone}`, target)
  const refusedBytes = await refused.add(done.refused)
  Object.assign(progress, {
    rowsDone: batch.at(-1)?.row ?? progress.rowsDone,
    accepted: progress.accepted + done.accepted,
    rejected: progress.rejected + done.refused.length,
    refusedBytes,
    duplicates: held.kind === 'decisions' ? (progress.duplicates ?? 0) + done.known : null,
  })
  tools.onProgress?.(progress)
  if (done.refused.length > 0) tools.onRefused?.(done.refused)
  return done.held
}

/** Gives the values of a generator, and has the next one made while the last one is worked on. */
async function* ahead<T>(values: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = values.next()
  try {
    for (let one = await next; !one.done; one = await next) {
      next = values.next()
      // Whoever asks for it gets its error; until then it must not count as unhandled.
      next.catch(() => undefined)
      yield one.value
    }
  } finally {
    await values.return(undefined).catch(() => undefined)
  }
}

async function* batches(rows: AsyncIterable<Row>, most: number): AsyncGenerator<Row[]> {
  let batch: Row[] = []
  let bytes = 0
  for await (const row of rows) {
    batch.push(row)
    bytes += bytesOf(row)
    if (batch.length < most && bytes < BATCH_BYTES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

const bytesOf = ({ item = '', touchpoints = [] }: Row): number =>
  touchpoints.reduce((sum, line) => sum + Buffer.byteLength(line), Buffer.byteLength(item))

/**
 * A key for this attempt alone. It is renewed while the attempt lasts and expires by itself after one that was killed; that of
 * an earlier attempt is removed.
 */
async function openKey(held: HeldImport, { worker, postgres }: ImportTools) {
  const { orgId, kind } = held
  const remove = (id: string) => withOrg(orgId, (tx) => tx.secretKey.deleteMany({ where: { orgId, id } }), postgres)
  if (held.keyId) await remove(held.keyId)
  const expiry = () => new Date(Date.now() + KEY_LIFE_MS)
  // The files of other products hold touchpoints beside their events.
  const scopes =
    kind === 'touchpoints' ? (['touchpoints:write'] as const) : (['events:write', 'touchpoints:write'] as const)
  const name = `Import of ${held.fileName}`.slice(0, 100)
  const { keyId, secretKey } = await createSecretKey(
    orgId,
    { name, scopes: [...scopes], expiresAt: expiry() },
    postgres,
  )
  await keepImport(held, worker, { keyId }, postgres).catch(async (error: unknown) => {
    await remove(keyId)
    throw error
  })
  const renewing = setInterval(() => {
    const data = { expiresAt: expiry() }
    // What fails once is tried again long before the key expires.
    withOrg(orgId, (tx) => tx.secretKey.updateMany({ where: { orgId, id: keyId }, data }), postgres).catch(
      () => undefined,
    )
  }, KEY_LIFE_MS / 4)
  return {
    secretKey,
    remove: () => {
      clearInterval(renewing)
      return remove(keyId)
    },
  }
}
