import { randomUUID } from 'node:crypto'
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventLogReader, Frame } from '#server/eventlog/index.ts'
import { retry } from '../runtime/index.ts'
import { recordStretch } from './backfill.ts'
import { type Batch, type BatchPart, buildBatch } from './batch.ts'
import { collectFrames } from './collect.ts'
import { type Attempt, type InsertDeps, loadIds } from './insert.ts'
import { type LogRange, repeatedRows } from './known.ts'
import { forgetRows, type LoadContext, loadSet } from './load-set.ts'
import type { LoaderShared } from './loader.ts'
import { type Begun, begunBeyond, LogClaim, LogTakenOver, readPlanFile } from './plan.ts'
import type { HomelessRow } from './poison.ts'
import { readProgress, writeProgress } from './progress.ts'
import { isPartitioned } from './rebuild.ts'
import { type Replay, readReplay } from './replay.ts'
import { discardRows, filterRows, type RowSet, tokenOf } from './rows.ts'
import { LOAD_ORDER } from './tables.ts'

/** Age in seconds up to which the tokens of a shared log's plan are surely remembered, however many loaders insert. */
const TOKENS_LAST = 120

/** What the loader does with a log. */
export type LogPhase = 'reading what is loaded' | 'loading' | 'stopped'

/** Loads one log, in its order, each row exactly once. */
export class LogRun {
  phase: LogPhase = 'reading what is loaded'
  /** Position behind the last frame that is loaded. */
  loadedTo = 0n
  readonly log: EventLogReader
  private readonly shared: LoaderShared
  private readonly abort = new AbortController()
  private readonly deps: InsertDeps
  private readonly claim: LogClaim
  private replay: Replay | undefined
  private stopping = false
  private failed = false
  /** The batch under way, and whether the store refused a row of it. */
  private loading: Promise<boolean> | undefined
  private loadingSince: number | undefined
  private collectingSince: number | undefined

  constructor(log: EventLogReader, shared: LoaderShared) {
    this.log = log
    this.shared = shared
    const { clickhouse, logger, metrics, handover } = shared
    this.deps = { clickhouse, logger, metrics, handover, signal: this.abort.signal }
    this.claim = new LogClaim(clickhouse, log.logId, randomUUID(), this.abort.signal)
  }

  /** Seconds since the oldest frame that is not loaded yet was appended; 0 when everything is. */
  get lagSeconds(): number {
    const since = this.loadingSince ?? this.collectingSince
    return since === undefined ? 0 : Math.max(0, Date.now() - since) / 1000
  }

  /**
   * Runs until stopped.
   * @throws LogTakenOver when another process claimed the log; any other error is a fault that repeating does not mend
   */
  async run(): Promise<void> {
    try {
      await this.work()
    } catch (error) {
      if (!this.stopping) throw error
    } finally {
      this.phase = 'stopped'
    }
  }

  /**
   * Ends after the batch under way, or breaks it off: at once if `lost`, otherwise after the time-out.
   * @param done what {@link run} returned
   */
  async stop(done: Promise<void>, lost: boolean): Promise<void> {
    this.stopping = true
    if (lost || this.phase !== 'loading') this.abort.abort(new Error('The log was given up.'))
    const timer = setTimeout(() => {
      this.abort.abort(new Error('The batch under way took too long.'))
    }, this.shared.options.stopTimeoutMs)
    await done.catch(() => undefined)
    clearTimeout(timer)
  }

  private async work(): Promise<void> {
    const { log } = this
    const { clickhouse, logger, options, gate } = this.shared
    const started = performance.now()
    const plans = await this.persist('claiming the log', () => this.claim.take())
    // Only now: the former owner may have finished something before it saw the claim.
    let position = await this.persist('reading the progress', () => readProgress(clickhouse, log.logId))
    plans.push(...(await readPlanFile(join(options.stateDir, 'loader-plan.json'), log.logId)))
    let begun = begunBeyond(plans, position)
    if (begun) {
      const range = { logId: log.logId, from: position, next: begun.until }
      await this.persist('recording ids', () => recordStretch(clickhouse, range, this.abort.signal))
    }
    this.replay = await this.persist('looking for a replay', () => readReplay(clickhouse, log.logId))
    const ids = await this.persist('reading what is loaded', () =>
      gate.shared(() => this.shared.remember(log.logId, this.abort.signal)),
    )
    this.loadedTo = position
    // Also where it is less than was loaded once: the log keeps what a restored store has yet to load again.
    await this.release(position)
    this.phase = 'loading'
    logger.info(
      { log_id: log.logId, position: String(position), ids, ms: Math.round(performance.now() - started) },
      'knows what is loaded',
    )
    while (!this.stopping && !this.failed) {
      const frames = await collectFrames(log, position, begun?.latest, options, {
        stopped: () => this.stopping || this.failed,
        busy: () => this.loadingSince !== undefined,
        patience: this.shared.patience,
        began: (frame) => {
          this.collectingSince ??= frame.appendedAt
        },
      })
      const [first] = frames
      if (!first) continue
      // Kept until its end is passed: if it cannot be taken in one piece, each piece may have arrived before.
      const repeated = begun
      // Under load the batch before is still on its way: its core and ours work at the same time.
      let batch = this.build(frames)
      const refused = await this.untilLoaded(batch)
      if (this.stopping || this.failed) {
        this.forget(batch)
        break
      }
      if (refused) {
        // Ids of refused rows are free again: what was dropped as their repetition counts now.
        this.forget(batch)
        batch = this.build(frames)
      }
      position = frames.at(-1)?.next ?? position
      if (begun && position >= begun.until) begun = undefined
      this.loadingSince = first.appendedAt
      this.collectingSince = undefined
      this.loading = gate.shared(() =>
        this.load(batch, repeated).catch((error: unknown) => {
          this.forget(batch)
          throw error
        }),
      )
      // Awaited in the next round; until then it must not count as an unhandled rejection.
      this.loading.catch(() => {
        this.failed = true
      })
    }
    await this.loading
  }

  private build(frames: readonly Frame[]): Batch {
    const { seen, metrics } = this.shared
    const timer = performance.now()
    seen.tidy()
    const batch = buildBatch(frames, this.log.logId, seen)
    metrics.dedupeSeconds.inc({ step: 'memory' }, (performance.now() - timer) / 1000)
    return batch
  }

  /** A batch that is not loaded: what it held is not known. */
  private forget({ parts }: Batch): void {
    for (const { set } of parts) forgetRows(this.shared.seen, set)
  }

  /** Waits for the batch under way, and whether it was refused a row; forgets the next one if it fails. */
  private async untilLoaded(next: Batch): Promise<boolean> {
    try {
      return (await this.loading) ?? false
    } catch (error) {
      this.forget(next)
      throw error
    }
  }

  /**
   * @param begun what earlier owners began, if they may have inserted some of these rows
   * @returns whether the store refused a row
   */
  private async load(batch: Batch, begun: Begun | undefined): Promise<boolean> {
    const { log } = this
    const { clickhouse, logger, metrics } = this.shared
    const range: LogRange = { logId: log.logId, from: batch.from, next: batch.next }
    if (this.replay && batch.from < this.replay.until) range.tokenSuffix = this.replay.tokenSuffix
    const place = ({ set }: BatchPart) => LOAD_ORDER.indexOf(set.kind)
    const parts = batch.parts.filter(({ set }) => set.rows > 0).sort((a, b) => place(a) - place(b))
    const sets: RowSet[] = []
    for (const part of parts) sets.push(await this.withoutRepeated(part, begun && range))
    const tokens = sets.map(tokenOf).join(' ')
    const attempt = this.attempt(batch, begun, tokens)
    // What a look finds absent is inserted under other tokens than the whole: a successor must look as well. And the store
    // remembers the tokens of a repetition since the first try.
    const written = attempt === 'repeat' && isPartitioned(log.logId) ? begun?.latest.writtenAt : undefined
    await this.persist('writing the plan', () =>
      this.claim.plan(batch.from, batch.next, attempt === 'look' ? '' : tokens, written),
    )
    const homeless: HomelessRow[] = batch.unreadable.map(({ kind, line }) => ({
      kind,
      message: 'The line is not a row.',
      text: line.toString('latin1'),
    }))
    if (homeless.length > 0) metrics.unreadableLines.inc(homeless.length)
    const loaded: RowSet[] = []
    const context: LoadContext = {
      deps: this.deps,
      seen: this.shared.seen,
      persist: <T>(what: string, fn: () => Promise<T>) => this.persist(what, fn),
      ...{ batch, range, attempt, homeless, letters: new Set<string>(), refused: false },
    }
    for (const set of sets) loaded.push(...(await loadSet(context, set)))
    const timer = performance.now()
    await loadIds(this.deps, loaded, range, attempt, this.shared.seen.newestDay)
    metrics.dedupeSeconds.inc({ step: 'record' }, (performance.now() - timer) / 1000)
    await this.keepHomeless(homeless)
    await this.persist('writing the progress', () =>
      writeProgress(clickhouse, log.logId, batch.next, this.abort.signal),
    )
    this.loadedTo = batch.next
    this.loadingSince = undefined
    const rows = loaded.reduce((sum, set) => sum + set.rows, 0)
    for (const kind of LOAD_ORDER) metrics.duplicates.inc({ kind, tier: 'memory' }, batch.duplicates[kind])
    metrics.batches.inc()
    metrics.batchRows.observe(rows)
    metrics.batchBytes.observe(batch.bytes)
    logger.debug({ rows, from: String(batch.from), next: String(batch.next) }, 'loaded a batch')
    await this.release(batch.next)
    for (const { set } of batch.parts) discardRows(set)
    return context.refused
  }

  private async release(position: bigint): Promise<void> {
    const { logger } = this.shared
    await this.log.release(position).catch((error: unknown) => logger.warn({ err: error }, 'releasing the log failed'))
  }

  /** The rows of a part without those that ClickHouse says were loaded before. */
  private async withoutRepeated(part: BatchPart, except: LogRange | undefined): Promise<RowSet> {
    const { set, perhaps } = part
    if (perhaps.length === 0) return set
    const { clickhouse, metrics } = this.shared
    const time = performance.now()
    const repeated = await this.persist('looking up ids', () =>
      repeatedRows(clickhouse, part, this.abort.signal, except),
    )
    metrics.dedupeSeconds.inc({ step: 'lookup' }, (performance.now() - time) / 1000)
    metrics.filterHits.inc(perhaps.length)
    metrics.duplicates.inc({ kind: set.kind, tier: 'store' }, repeated.size)
    return filterRows(set, (row) => !repeated.has(row))
  }

  private attempt({ from, next }: Batch, begun: Begun | undefined, tokens: string): Attempt {
    if (!begun || from >= begun.until) return 'fresh'
    const { latest } = begun
    // A negative age: the store's clock was put back.
    const remembered = !isPartitioned(this.log.logId) || Math.abs(latest.age) < TOKENS_LAST
    const same = latest.from === from && latest.next === next && latest.tokens === tokens
    return same && tokens !== '' && remembered ? 'repeat' : 'look'
  }

  /** Rows without a tenant go to a file for the operator: nothing that was acknowledged is thrown away. */
  private async keepHomeless(rows: readonly HomelessRow[]): Promise<void> {
    if (rows.length === 0) return
    const { logger, options } = this.shared
    const file = join(options.stateDir, 'unloadable.ndjson')
    logger.error({ rows: rows.length, file }, 'rows without a tenant were put aside')
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    await this.persist('putting rows aside', async () => {
      await mkdir(options.stateDir, { recursive: true })
      await appendFile(file, text, { flush: true })
    })
  }

  /** Tries again for ever, and gives up when the log is given up, even if the store does not answer. */
  private persist<T>(what: string, fn: () => Promise<T>): Promise<T> {
    const { signal } = this.abort
    return retry(() => orAborted(fn(), signal), {
      signal,
      maxMs: 3_000,
      isTransient: (error) => !(error instanceof LogTakenOver),
      onRetry: (error, attempt, waitMs) =>
        this.shared.logger.warn({ err: error, attempt, waitMs }, `${what} failed and will be repeated`),
    })
  }
}

/** What a promise comes to, or the signal's reason when that is aborted first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let end = () => {}
  const aborted = new Promise<never>((_, reject) => {
    end = () => reject(signal.reason)
    signal.addEventListener('abort', end, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', end)
  }
}
