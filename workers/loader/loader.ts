import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { EventLogReader, Frame } from '#server/eventlog/index.ts'
import { acquireDirLock, type DirLock } from '#server/eventlog/index.ts'
import type { Logger } from '#server/platform/logger.ts'
import { retry } from '../runtime/index.ts'
import { type Batch, buildBatch, type Seen, sliceRows } from './batch.ts'
import { type InsertDeps, loadRows } from './insert.ts'
import type { LoaderMetrics } from './metrics.ts'
import { deadLetters, type HomelessRow } from './poison.ts'
import { type Plan, readPlan, readProgress, writePlan, writeProgress } from './progress.ts'
import { rebuildSeen } from './rebuild.ts'
import { LOAD_ORDER } from './tables.ts'

const MB = 1024 * 1024

/** How a loader runs; sizes are bytes, times milliseconds. */
export interface LoaderOptions {
  log: EventLogReader
  clickhouse: ClickHouseClient
  logger: Logger
  metrics: LoaderMetrics
  /** Folder for the loader's lock, plan and what belongs to no tenant; the log's own folder. */
  stateDir: string
  /** How long the first frame of a small batch waits for more. Default 150. */
  lingerMs?: number
  /** A batch ends at this size of its frames. Default 32 MB. */
  maxBatchBytes?: number
  /** A batch ends at about this many rows. Default 100,000. */
  maxBatchRows?: number
  /** Days for which a repeated id is recognised at least. Default 8. */
  windowDays?: number
  /** Ids that are remembered beyond the window while there are no more. Default 10 million (about 300 MB). */
  keepAtLeast?: number
  /** How long a stop waits for the batch under way. Default 10 s. */
  stopTimeoutMs?: number
}

/** What a loader is doing. */
export type LoaderPhase = 'waiting for the lock' | 'reading what is loaded' | 'loading' | 'stopped'

/** A running loader. */
export interface Loader {
  /** What it is doing now. */
  phase(): LoaderPhase
  /** Position behind the last frame that is loaded. */
  loadedTo(): bigint
  /** Settles when the loader has ended: rejected by a fault that repeating does not mend. */
  done: Promise<void>
  /** Ends after the batch under way. */
  stop(): Promise<void>
}

/**
 * Loads a log into ClickHouse, in the log's order, each row exactly once; only one loader per log works at a time, a
 * second one waits. Rows are visible well within a second at light load, and batches grow with the load.
 */
export function startLoader(options: LoaderOptions): Loader {
  const run = new LoaderRun(options)
  const done = run.run()
  // Whoever cares awaits done; a stop that nobody awaits must not end the process.
  done.catch(() => undefined)
  return {
    phase: () => run.phase,
    loadedTo: () => run.loadedTo,
    done,
    stop: () => run.stop(done),
  }
}

class LoaderRun {
  phase: LoaderPhase = 'waiting for the lock'
  loadedTo = 0n
  private readonly options: Required<LoaderOptions>
  private readonly abort = new AbortController()
  private readonly deps: InsertDeps
  private readonly planFile: string
  private stopping = false
  private failed = false
  private seen: Seen | undefined
  private loading: Promise<void> | undefined
  private loadingSince: number | undefined
  private collectingSince: number | undefined

  constructor(options: LoaderOptions) {
    this.options = {
      lingerMs: 150,
      maxBatchBytes: 32 * MB,
      maxBatchRows: 100_000,
      windowDays: 8,
      keepAtLeast: 10_000_000,
      stopTimeoutMs: 10_000,
      ...options,
    }
    const { clickhouse, logger, metrics } = this.options
    this.deps = { clickhouse, logger, metrics, signal: this.abort.signal }
    this.planFile = join(options.stateDir, 'loader-plan.json')
    metrics.observe({
      lagSeconds: () => {
        const since = this.loadingSince ?? this.collectingSince
        return since === undefined ? 0 : Math.max(0, Date.now() - since) / 1000
      },
      lagBytes: () => options.log.bytesAfter(this.loadedTo),
      dedupe: (kind) => ({ entries: this.seen?.[kind].size ?? 0, bytes: this.seen?.[kind].bytes ?? 0 }),
    })
  }

  async run(): Promise<void> {
    let lock: DirLock | undefined
    try {
      lock = await acquireDirLock(join(this.options.stateDir, 'loader.lock'), {
        waitMs: Number.POSITIVE_INFINITY,
        signal: this.abort.signal,
      })
      await this.work()
    } catch (error) {
      if (!this.stopping) throw error
    } finally {
      this.phase = 'stopped'
      lock?.release()
    }
  }

  async stop(done: Promise<void>): Promise<void> {
    this.stopping = true
    if (this.phase !== 'loading') this.abort.abort(new Error('The loader is stopping.'))
    const timer = setTimeout(() => {
      this.abort.abort(new Error('The batch under way took too long.'))
    }, this.options.stopTimeoutMs)
    await done.catch(() => undefined)
    clearTimeout(timer)
  }

  private async work(): Promise<void> {
    const { log, logger } = this.options
    this.phase = 'reading what is loaded'
    const started = performance.now()
    let position = await this.persist('reading the progress', () => readProgress(this.options.clickhouse, log.logId))
    const { windowDays, keepAtLeast } = this.options
    const seen = await this.persist('reading what is loaded', () =>
      rebuildSeen(this.options.clickhouse, { windowDays, keepAtLeast }, Date.now()),
    )
    this.seen = seen
    this.loadedTo = position
    this.phase = 'loading'
    logger.info(
      { position: String(position), events: seen.event.size, ms: Math.round(performance.now() - started) },
      'knows what is loaded',
    )
    let plan = await this.unfinishedPlan(position)
    let doubtful = true
    while (!this.stopping && !this.failed) {
      const frames = await this.collect(position, plan?.next)
      plan = undefined
      if (frames.length === 0) continue
      // The batch before may refuse a row, whose id is then free again: only after it is known what is a duplicate.
      await this.loading
      const batch = buildBatch(frames, log.logId, seen)
      position = batch.next
      this.loadingSince = batch.oldestAppendedAt
      this.collectingSince = undefined
      this.loading = this.load(batch, seen, doubtful)
      doubtful = false
      // Awaited in the next round; until then it must not count as an unhandled rejection.
      this.loading.catch(() => {
        this.failed = true
      })
    }
    await this.loading
  }

  /** The stretch that an earlier process had begun, if it is the next one. */
  private async unfinishedPlan(position: bigint): Promise<Plan | undefined> {
    const plan = await readPlan(this.planFile)
    if (plan?.logId !== this.options.log.logId || plan.next <= position) return undefined
    return plan.from >= position ? plan : undefined
  }

  /**
   * The next frames: as soon as a batch is full, or the first frame has lingered and the batch before it is loaded.
   * Empty when there was nothing for half a second or the loader is stopping.
   * @param until end of a stretch that is to be taken exactly
   */
  private async collect(from: bigint, until: bigint | undefined): Promise<Frame[]> {
    const { log, lingerMs, maxBatchBytes, maxBatchRows } = this.options
    const frames: Frame[] = []
    let bytes = 0
    let rows = 0
    let position = from
    let startedAt = 0
    while (!this.stopping && !this.failed) {
      const got = await log.read(position, Math.max(MB, maxBatchBytes - bytes))
      for (const frame of got) {
        if (until !== undefined && frame.position >= until) return frames
        frames.push(frame)
        bytes += frame.payload.length
        rows += frame.rows
        position = frame.next
        if (until === undefined && (bytes >= maxBatchBytes || rows >= maxBatchRows)) return frames
      }
      const first = frames[0]
      if (!first) {
        await log.waitForMore(position, 500)
        if ((await log.bytesAfter(position)) === 0) return frames
        continue
      }
      this.collectingSince ??= first.appendedAt
      startedAt ||= performance.now()
      if (got.length > 0) continue
      if (until !== undefined) return frames
      const left = lingerMs - (performance.now() - startedAt)
      if (left <= 0 && this.loadingSince === undefined) return frames
      await sleep(left <= 0 ? 20 : Math.min(20, Math.max(2, left)))
    }
    return []
  }

  private async load(batch: Batch, seen: Seen, doubtful: boolean): Promise<void> {
    const { log, logger, metrics, clickhouse } = this.options
    const range = { logId: log.logId, from: batch.from, next: batch.next }
    await this.persist('writing the plan', () => writePlan(this.planFile, range))
    const homeless: HomelessRow[] = batch.unreadable.map(({ kind, line }) => ({
      kind,
      message: 'The line is not a row.',
      text: line.toString('latin1'),
    }))
    if (homeless.length > 0) metrics.unreadableLines.inc(homeless.length)
    let loaded = 0
    for (const kind of LOAD_ORDER) {
      const rows = batch.kinds[kind]
      const poison = await loadRows(this.deps, rows, range, doubtful)
      loaded += rows.rows - poison.length
      metrics.rows.inc({ kind }, rows.rows - poison.length)
      metrics.duplicates.inc({ kind }, batch.duplicates[kind])
      if (poison.length === 0) continue
      metrics.failedRows.inc({ kind }, poison.length)
      logger.error({ kind, rows: poison.length, first: poison[0]?.message }, 'the store refused rows')
      const dead = deadLetters(rows, poison, batch, { logId: log.logId, seen, now: Date.now() })
      const refused = await loadRows(this.deps, dead.letters, range, doubtful)
      homeless.push(...dead.homeless)
      for (const { row, message } of refused) {
        homeless.push({
          kind: 'rejected',
          message,
          text: sliceRows(dead.letters, row, row + 1).body.toString('utf8'),
        })
      }
    }
    await this.keepHomeless(homeless)
    await this.persist('writing the progress', () =>
      writeProgress(clickhouse, log.logId, batch.next, this.abort.signal),
    )
    this.loadedTo = batch.next
    this.loadingSince = undefined
    metrics.batches.inc()
    metrics.batchRows.observe(loaded)
    logger.debug({ rows: loaded, from: String(batch.from), next: String(batch.next) }, 'loaded a batch')
    await log.release(batch.next).catch((error: unknown) => logger.warn({ err: error }, 'deleting old segments failed'))
  }

  /** Rows without a tenant go to a file for the operator: nothing that was acknowledged is thrown away. */
  private async keepHomeless(rows: readonly HomelessRow[]): Promise<void> {
    if (rows.length === 0) return
    const file = join(this.options.stateDir, 'unloadable.ndjson')
    this.options.logger.error({ rows: rows.length, file }, 'rows without a tenant were put aside')
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    await this.persist('putting rows aside', () => appendFile(file, text, { flush: true }))
  }

  private persist<T>(what: string, fn: () => Promise<T>): Promise<T> {
    return retry(fn, {
      signal: this.abort.signal,
      maxMs: 3_000,
      onRetry: (error, attempt, waitMs) =>
        this.options.logger.warn({ err: error, attempt, waitMs }, `${what} failed and will be repeated`),
    })
  }
}
