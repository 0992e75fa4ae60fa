import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Logger } from '#server/platform/logger.ts'
import { runPendingRebuilds } from '#server/stores/clickhouse/rollups.ts'
import { countLateDuplicates } from './duplicates.ts'
import type { Gate } from './gate.ts'
import type { LoaderMetrics } from './metrics.ts'

/** Unmerged parts of one partition from which on batches wait longer, so that the engine's merges can keep up. */
const MANY_PARTS = 100
/** Larger parts are left as they are, by the embedded engine at least: nothing waits for their merge. */
const MERGED_BYTES = 256 * 1024 * 1024
/** ClickHouse slows inserts down at 1,000 parts of a partition and refuses them at 3,000. */
const FAR_TOO_MANY_PARTS = 600
/** How often ids that were loaded twice are counted. */
const DUPLICATES_MS = 24 * 3_600_000
/** The first count waits: a start is busy enough. */
const FIRST_COUNT_MS = 15 * 60_000

const partsSchema = z.array(z.object({ table: z.string(), parts: z.number(), most: z.number() }))

/** What upkeep needs. */
export interface UpkeepOptions {
  clickhouse: ClickHouseClient
  logger: Logger
  metrics: LoaderMetrics
  gate: Gate
  intervalMs: number
}

/** What a loader does besides loading: rebuilds of rollups that were asked for, counting parts, looking for late duplicates. */
export class Upkeep {
  private readonly options: UpkeepOptions
  private readonly abort = new AbortController()
  private running: Promise<void> = Promise.resolve()
  private mostParts = 0
  private countAt = performance.now() + FIRST_COUNT_MS

  constructor(options: UpkeepOptions) {
    this.options = options
  }

  start(): void {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.abort.abort()
    await this.running
  }

  /** From 1: how much longer batches should wait because of unmerged parts. */
  patience(): number {
    if (this.mostParts >= FAR_TOO_MANY_PARTS) return 10
    return this.mostParts >= MANY_PARTS ? 4 : 1
  }

  private async run(): Promise<void> {
    const { intervalMs } = this.options
    while (!this.abort.signal.aborted) {
      await this.attempt('counting parts', () => this.countParts())
      await this.attempt('rebuilding rollups', () => this.rebuild())
      if (performance.now() >= this.countAt) {
        this.countAt = performance.now() + DUPLICATES_MS
        await this.attempt('counting late duplicates', () => this.countDuplicates())
      }
      await sleep(intervalMs, undefined, { signal: this.abort.signal }).catch(() => undefined)
    }
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!this.abort.signal.aborted) this.options.logger.warn({ err: error }, `${what} failed and will be tried again`)
    }
  }

  private async countParts(): Promise<void> {
    const { clickhouse, metrics } = this.options
    const result = await clickhouse.query({
      query: `select table, toUInt32(sum(p.active_parts)) as parts, toUInt32(max(p.unmerged_parts)) as most from (
          select replaceRegexpOne(table, '_local$', '') as table, partition_id, count() as active_parts,
            countIf(bytes_on_disk < ${MERGED_BYTES}) as unmerged_parts
          from system.parts
          where database = currentDatabase() and active group by table, partition_id) as p
        where table in ('events', 'touchpoints', 'rejected_events', 'event_ids', 'events_15m', 'load_progress', 'load_plans')
        group by table`,
      format: 'JSONEachRow',
    })
    const tables = partsSchema.parse(await result.json())
    for (const { table, parts } of tables) metrics.parts.set({ table }, parts)
    this.mostParts = Math.max(0, ...tables.map(({ most }) => most))
  }

  private async rebuild(): Promise<void> {
    const { clickhouse, logger, gate } = this.options
    const pending = await clickhouse.query({
      query: 'select toUInt32(count()) as n from rollup_rebuilds final where isNull(done_at)',
      format: 'JSONEachRow',
    })
    const [row] = z.array(z.object({ n: z.number() })).parse(await pending.json())
    if (!row || row.n === 0) return
    const done = await gate.alone(() => runPendingRebuilds(clickhouse))
    if (done.length > 0) logger.info({ requests: done.length }, 'compared rollups with their events')
  }

  private async countDuplicates(): Promise<void> {
    const { clickhouse, metrics, logger } = this.options
    const ids = await countLateDuplicates(clickhouse)
    metrics.lateDuplicates.set(ids)
    if (ids > 0) logger.warn({ ids }, 'ids were loaded more than once: they came again after the window')
  }
}
