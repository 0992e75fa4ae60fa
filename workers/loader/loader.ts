import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { EventLogReader, LogSource } from '#server/eventlog/index.ts'
import type { Logger } from '#server/platform/logger.ts'
import { backfillIds } from './backfill.ts'
import type { BatchBounds } from './collect.ts'
import { Gate } from './gate.ts'
import { Handover } from './handover.ts'
import { LogRun } from './log-run.ts'
import type { LoaderMetrics } from './metrics.ts'
import { LogTakenOver } from './plan.ts'
import { isPartitioned, rememberLoaded } from './rebuild.ts'
import { defaultFilterBytes, SeenIds } from './seen.ts'
import { StatusReports } from './status.ts'
import { Upkeep } from './upkeep.ts'

const MB = 1024 * 1024

/** How a loader runs; sizes are bytes, times milliseconds. */
export interface LoaderOptions extends Partial<BatchBounds> {
  source: LogSource
  clickhouse: ClickHouseClient
  logger: Logger
  metrics: LoaderMetrics
  /** Folder for what belongs to no tenant, and where release 0.1.0 kept its plan. */
  stateDir: string
  /** Memory of the filters that know the ids of the window. Default {@link defaultFilterBytes}. */
  dedupeBytes?: number
  /** Ids that are remembered exactly, at least; must be more than what is being loaded at a time. Default 1,000,000. */
  exactIds?: number
  /** Days for which a repeated id is recognised at least. Default 8. */
  windowDays?: number
  /** Batches that are loaded at a time, each of another log. Default 2. */
  parallel?: number
  /** How long a stop waits for the batch under way. Default 10 s. */
  stopTimeoutMs?: number
  /** How often rollups are rebuilt, if asked for, and parts counted. Default 5 s. */
  upkeepMs?: number
}

/** What the runs of a process share. */
export interface LoaderShared {
  clickhouse: ClickHouseClient
  logger: Logger
  metrics: LoaderMetrics
  options: Required<LoaderOptions>
  seen: SeenIds
  gate: Gate
  handover: Handover
  /** From 1: how much longer than usual batches wait for more rows. */
  patience(): number
  /** Remembers the ids that a log must not load again; how many were read. */
  remember(logId: string, signal: AbortSignal): Promise<number>
}

/** What a loader is doing. */
export type LoaderPhase = string

/** A running loader. */
export interface Loader {
  /** What it is doing now: `loading` once it loads whatever was given to it. */
  phase(): LoaderPhase
  /** Position behind the last frame that is loaded; of the only log where no id is given. */
  loadedTo(logId?: string): bigint
  /** Settles when the loader has ended: rejected by a fault that repeating does not mend. */
  done: Promise<void>
  /** Ends after the batches under way. */
  stop(): Promise<void>
}

/** How long a log that another process claimed is left to it, if the source still says that it is ours. */
const LEAVE_MS = 15_000

/**
 * Loads the logs that a source gives out into ClickHouse, each in its own order, each row exactly once. Rows are visible
 * well within a second at light load, and batches grow with the load.
 */
export function startLoader(options: LoaderOptions): Loader {
  const loader = new LoaderProcess(options)
  loader.start()
  return loader
}

interface Held {
  run: LogRun
  done: Promise<void>
  given: AbortController
}

class LoaderProcess implements Loader {
  readonly done: Promise<void>
  private readonly shared: LoaderShared
  private readonly upkeep: Upkeep
  private readonly reports: StatusReports
  private readonly held = new Map<string, Held>()
  private prepared: Promise<void> | undefined
  private unpartitioned: Promise<number> | undefined
  private settle: { resolve(): void; reject(error: unknown): void } = { resolve() {}, reject() {} }
  private stopped = false

  constructor(given: LoaderOptions) {
    const options: Required<LoaderOptions> = {
      lingerMs: 120,
      maxLingerMs: 1_000,
      maxBatchBytes: 128 * MB,
      maxBatchRows: 400_000,
      windowDays: 8,
      dedupeBytes: defaultFilterBytes(),
      exactIds: 1_000_000,
      parallel: 2,
      stopTimeoutMs: 10_000,
      upkeepMs: 5_000,
      ...given,
    }
    const { clickhouse, logger, metrics, dedupeBytes: filterBytes, exactIds, windowDays } = options
    const gate = new Gate(options.parallel)
    this.upkeep = new Upkeep({ clickhouse, logger, metrics, gate, intervalMs: options.upkeepMs })
    this.reports = new StatusReports(clickhouse, logger, () => this.status())
    this.shared = {
      clickhouse,
      logger,
      metrics,
      options,
      gate,
      handover: new Handover(logger),
      seen: new SeenIds({ filterBytes, exactIds, windowDays }),
      patience: () => Math.max(1, this.held.size, this.upkeep.patience()),
      remember: (logId, signal) => this.remember(logId, signal),
    }
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject }
    })
    // Whoever cares awaits done; a stop that nobody awaits must not end the process.
    this.done.catch(() => undefined)
  }

  start(): void {
    const { source, metrics } = this.shared.options
    metrics.observe({
      lagSeconds: () => Math.max(0, ...this.runs().map((run) => run.lagSeconds)),
      lagBytes: async () => {
        const bytes = await Promise.all(this.runs().map((run) => run.log.bytesAfter(run.loadedTo)))
        return bytes.reduce((sum, own) => sum + own, 0)
      },
      logs: () => this.held.size,
      seen: this.shared.seen,
    })
    this.upkeep.start()
    this.reports.start()
    source.start(
      {
        assigned: (log) => this.take(log),
        revoked: (logId, lost) => this.giveUp(logId, lost),
      },
      (error) => this.fail(error),
    )
  }

  phase(): LoaderPhase {
    if (this.stopped) return 'stopped'
    const waiting = this.shared.options.source.waitingFor()
    if (waiting !== undefined) return waiting
    return this.runs().find(({ phase }) => phase !== 'loading')?.phase ?? 'loading'
  }

  loadedTo(logId?: string): bigint {
    const held = logId === undefined ? [...this.held.values()][0] : this.held.get(logId)
    return held?.run.loadedTo ?? 0n
  }

  async stop(): Promise<void> {
    await this.shared.options.source.close()
    await Promise.all([this.upkeep.stop(), this.reports.stop()])
    this.stopped = true
    this.settle.resolve()
  }

  private runs(): LogRun[] {
    return [...this.held.values()].map(({ run }) => run)
  }

  /** How far the logs are that load; of one that still remembers its ids nothing is known. */
  private status() {
    const loading = this.runs().filter(({ phase }) => phase === 'loading')
    return Promise.all(
      loading.map(async ({ log, loadedTo, lagSeconds }) => {
        return { logId: log.logId, lagSeconds, lagBytes: await log.bytesAfter(loadedTo) }
      }),
    )
  }

  private take(log: EventLogReader): void {
    const given = new AbortController()
    const run = new LogRun(log, this.shared)
    const done = run.run()
    this.held.set(log.logId, { run, done, given })
    done.catch(async (error: unknown) => {
      if (!(error instanceof LogTakenOver)) return this.fail(error)
      this.shared.logger.warn({ err: error, log_id: log.logId }, 'another loader loads this log now')
      // The source takes the log away in a moment. If it does not, the other one was the one that should not have it.
      await sleep(LEAVE_MS, undefined, { signal: given.signal }).then(
        () => this.take(log),
        () => undefined,
      )
    })
  }

  private async giveUp(logId: string, lost: boolean): Promise<void> {
    const held = this.held.get(logId)
    if (!held) return
    held.given.abort()
    await held.run.stop(held.done, lost)
    if (this.held.get(logId) === held && !this.stopped) this.held.delete(logId)
  }

  private fail(error: unknown): void {
    this.settle.reject(error)
  }

  private async remember(logId: string, signal: AbortSignal): Promise<number> {
    const { clickhouse, seen, logger, options } = this.shared
    this.prepared ??= backfillIds(clickhouse, options.windowDays, logger).catch((error: unknown) => {
      this.prepared = undefined
      throw error
    })
    await this.prepared
    if (!isPartitioned(logId)) return rememberLoaded(clickhouse, seen, { all: true }, options.windowDays, signal)
    // What came through a disk log before the change to Kafka may come again to any partition.
    this.unpartitioned ??= rememberLoaded(clickhouse, seen, { unpartitioned: true }, options.windowDays, signal).catch(
      (error: unknown) => {
        this.unpartitioned = undefined
        throw error
      },
    )
    return (await this.unpartitioned) + (await rememberLoaded(clickhouse, seen, { logId }, options.windowDays, signal))
  }
}
