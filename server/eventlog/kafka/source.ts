import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '#server/platform/logger.ts'
import type { LogSource, LogTaker } from '../source.ts'
import type { DamageReport, EventLogReader } from '../types.ts'
import { type GroupTimes, joinGroup, type Membership } from './group.ts'
import { openKafkaLogReader } from './reader.ts'
import type { KafkaSettings } from './settings.ts'
import { ensureTopic, type Topic } from './topic.ts'

/** How the partitions of the topic are shared between the loaders. */
export interface KafkaLogSourceOptions {
  settings: KafkaSettings
  logger: Logger
  /** Folder for copies of damaged messages. */
  stateDir: string
  onDamage?: (damage: DamageReport) => void
  /** Waits of the consumer group; for tests. */
  times?: Partial<GroupTimes>
}

/** Waits between attempts to join, in milliseconds. */
const RETRY = { least: 500, most: 5_000 }

interface Held {
  reader: EventLogReader
  /** Settles when the log is given back; set when that has begun. */
  leaving?: Promise<void>
}

/**
 * The topic's partitions as logs: each member of the consumer group loads those it is assigned. Where a log begins is
 * for the loader to say, from ClickHouse; the group's committed offsets only follow, for whoever watches the group.
 */
export function kafkaLogSource(options: KafkaLogSourceOptions): LogSource {
  return new KafkaLogSource(options)
}

class KafkaLogSource implements LogSource {
  private readonly options: KafkaLogSourceOptions
  private readonly closing = new AbortController()
  private readonly held = new Map<number, Held>()
  private running: Promise<void> = Promise.resolve()
  private membership: Membership | undefined
  private joined = false

  constructor(options: KafkaLogSourceOptions) {
    this.options = options
  }

  start(taker: LogTaker, onError: (error: unknown) => void): void {
    this.running = this.run(taker).catch((error: unknown) => {
      if (!this.closing.signal.aborted) onError(error)
    })
  }

  waitingFor(): string | undefined {
    return this.joined ? undefined : 'waiting to join the consumer group'
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('The loader is stopping.'))
    await this.running
  }

  /** Joins the group, and again whenever the membership was lost, until closed. */
  private async run(taker: LogTaker): Promise<void> {
    const { settings, logger, times } = this.options
    let wait = RETRY.least
    while (!this.closing.signal.aborted) {
      try {
        const topic = await ensureTopic(settings, logger)
        const membership = await joinGroup({
          settings,
          logger,
          topic: topic.name,
          ...(times ? { times } : {}),
          onAssigned: (partitions, stillMine) => this.take(taker, topic, partitions, stillMine),
          letGo: (partitions, lost) => this.letGo(taker, partitions, lost),
        })
        this.membership = membership
        this.joined = true
        wait = RETRY.least
        await Promise.race([membership.ended, aborted(this.closing.signal)])
        // Partitions of a lost membership may be another's already; on a stop each log ends in order.
        await this.letGo(taker, [...this.held.keys()], !this.closing.signal.aborted)
        this.membership = undefined
        await membership.leave()
      } catch (error) {
        logger.warn({ err: error, wait_ms: wait }, 'the consumer group cannot be joined; trying again')
      }
      await sleep(wait, undefined, { signal: this.closing.signal }).catch(() => undefined)
      wait = Math.min(RETRY.most, wait * 2)
    }
  }

  private async take(
    taker: LogTaker,
    topic: Topic,
    partitions: readonly number[],
    stillMine: (partition: number) => boolean,
  ): Promise<void> {
    const { settings, logger, stateDir, onDamage } = this.options
    for (const partition of partitions) {
      await this.held.get(partition)?.leaving
      if (this.held.has(partition) || !stillMine(partition) || this.closing.signal.aborted) continue
      const reader = openKafkaLogReader({
        settings,
        topic,
        partition,
        logger,
        stateDir,
        ...(onDamage ? { onDamage } : {}),
        onReleased: (position) => this.membership?.loaded(partition, position),
      })
      this.held.set(partition, { reader })
      logger.info({ log_id: reader.logId }, 'was assigned a log')
      taker.assigned(reader)
    }
  }

  private async letGo(taker: LogTaker, partitions: readonly number[], lost: boolean): Promise<void> {
    await Promise.all(
      partitions.map((partition) => {
        const held = this.held.get(partition)
        if (!held) return undefined
        held.leaving ??= this.giveBack(taker, partition, held.reader, lost)
        return held.leaving
      }),
    )
  }

  private async giveBack(taker: LogTaker, partition: number, reader: EventLogReader, lost: boolean): Promise<void> {
    const { logger } = this.options
    const done = taker.revoked(reader.logId, lost)
    if (!lost) {
      // A store that is away must not hold up the group for longer than the group waits for this member.
      const late = sleep(LET_GO_MS, 'late')
      if ((await Promise.race([done, late])) === 'late') await taker.revoked(reader.logId, true)
    }
    await done
    await reader.close().catch((error: unknown) => logger.warn({ err: error }, 'closing a reader failed'))
    this.held.delete(partition)
    logger.info({ log_id: reader.logId, lost }, 'gave back a log')
  }
}

/** How long the batch under way may take when a partition goes to another member, in milliseconds. */
const LET_GO_MS = 6_000

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
