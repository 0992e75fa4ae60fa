import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer } from '@platformatic/kafka'
import type { Logger } from '#server/platform/logger.ts'
import { clientOptions } from './client.ts'
import { offsetAt } from './positions.ts'
import type { KafkaSettings } from './settings.ts'

/** Waits of a consumer group's member, in milliseconds. */
export interface GroupTimes {
  /** A member that is silent for so long counts as gone; another takes its partitions. */
  sessionMs: number
  heartbeatMs: number
  /** How long the group waits for its members when partitions change hands. */
  rebalanceMs: number
}

const TIMES: GroupTimes = { sessionMs: 10_000, heartbeatMs: 2_000, rebalanceMs: 15_000 }
/** How often offsets are committed at most. */
const COMMIT_MS = 1_000
/** How long a goodbye may take. */
const LEAVE_MS = 5_000

/** What a member is told. */
export interface GroupOptions {
  settings: KafkaSettings
  topic: string
  logger: Logger
  times?: Partial<GroupTimes>
  /**
   * The partitions that this member holds from now on, those it held before among them.
   * @param stillMine whether it holds one even now: taking them over takes time
   */
  onAssigned(partitions: readonly number[], stillMine: (partition: number) => boolean): Promise<void>
  /**
   * Gives partitions back: the group waits for it before anyone else is given them.
   * @param lost they may be another's already
   */
  letGo(partitions: readonly number[], lost: boolean): Promise<void>
}

/** A membership in the consumer group. */
export interface Membership {
  /** Resolves when the group has gone on without this member. */
  ended: Promise<void>
  /** Everything before the position is loaded: the offset is committed soon. */
  loaded(partition: number, position: bigint): void
  /** Commits what is loaded and leaves, so that the others need not wait for the silence. */
  leave(): Promise<void>
}

/**
 * Joins the consumer group; partitions move one by one (cooperative), so that a member keeps what need not move.
 * @throws the brokers' error when they cannot be reached
 */
export async function joinGroup(options: GroupOptions): Promise<Membership> {
  const member = new GroupMember(options)
  try {
    await member.join()
    return member
  } catch (error) {
    await member.leave()
    throw error
  }
}

class GroupMember implements Membership {
  readonly ended: Promise<void>
  private readonly options: GroupOptions
  private readonly times: GroupTimes
  private readonly consumer: Consumer
  private readonly loadedTo = new Map<number, bigint>()
  private readonly committed = new Map<number, bigint>()
  private mine = new Set<number>()
  private end: () => void = () => undefined
  private timer: NodeJS.Timeout | undefined
  /** Unix milliseconds until which the group surely counts this member in. */
  private memberUntil = Number.POSITIVE_INFINITY
  private committing: Promise<void> | undefined
  private committedAt = 0

  constructor(options: GroupOptions) {
    this.options = options
    this.times = { ...TIMES, ...options.times }
    this.ended = new Promise((resolve) => {
      this.end = resolve
    })
    this.consumer = new Consumer({
      ...clientOptions(options.settings, 'loader'),
      groupId: options.settings.group,
      autocommit: false,
      sessionTimeout: this.times.sessionMs,
      heartbeatInterval: this.times.heartbeatMs,
      rebalanceTimeout: this.times.rebalanceMs,
      protocols: [{ name: 'cooperative-sticky', version: 3 }],
      // Called before every request to join: the moment to be done with what the group took away.
      protocolsMetadata: () => this.beforeJoining(),
    })
    this.consumer.topics.track(options.topic)
    this.consumer.on('consumer:group:join', () => this.joined())
    this.consumer.on('consumer:heartbeat:end', () => this.heard())
    this.consumer.on('error', (error) => {
      options.logger.warn({ err: error }, 'the consumer group went on without this loader')
      this.end()
    })
  }

  async join(): Promise<void> {
    await this.consumer.joinGroup()
    this.timer = setInterval(() => this.tick(), 250)
  }

  loaded(partition: number, position: bigint): void {
    this.loadedTo.set(partition, position)
  }

  async leave(): Promise<void> {
    clearInterval(this.timer)
    const goodbye = async () => {
      await this.commit()
      await new Promise<void>((resolve) => this.consumer.leaveGroup(true, () => resolve()))
      await this.consumer.close(true)
    }
    await Promise.race([
      goodbye().catch((error: unknown) =>
        this.options.logger.warn({ err: error }, 'leaving the consumer group failed'),
      ),
      sleep(LEAVE_MS, undefined, { ref: false }),
    ])
  }

  private async beforeJoining(): Promise<Buffer> {
    const { rebalanceMs, sessionMs } = this.times
    // The answer to a request to join may take as long as the slowest member, and that silence is no absence.
    this.memberUntil = Date.now() + rebalanceMs + sessionMs
    const held = this.assigned()
    const gone = [...this.mine].filter((partition) => !held.has(partition))
    // Without a member id the group has forgotten this member, and with it whose the partitions were.
    if (gone.length > 0) await this.options.letGo(gone, this.consumer.memberId === null)
    this.mine = held
    return NO_USER_DATA
  }

  private joined(): void {
    this.heard()
    this.mine = this.assigned()
    this.options
      .onAssigned([...this.mine], (partition) => this.mine.has(partition) && Date.now() < this.memberUntil)
      .catch((error: unknown) => this.options.logger.error({ err: error }, 'taking over partitions failed'))
  }

  private heard(): void {
    this.memberUntil = Date.now() + this.times.sessionMs
  }

  private assigned(): Set<number> {
    const { topic } = this.options
    return new Set((this.consumer.assignments ?? []).flatMap((part) => (part.topic === topic ? part.partitions : [])))
  }

  private tick(): void {
    if (Date.now() > this.memberUntil) {
      this.options.logger.warn('no answer from the consumer group for too long; its partitions may be another loader’s')
      this.end()
      return
    }
    if (Date.now() - this.committedAt < COMMIT_MS || this.committing) return
    this.committing = this.commit()
      .catch((error: unknown) => this.options.logger.warn({ err: error }, 'committing offsets failed'))
      .finally(() => {
        this.committing = undefined
      })
  }

  private async commit(): Promise<void> {
    const due = [...this.loadedTo].filter(
      ([partition, position]) => this.mine.has(partition) && position !== this.committed.get(partition),
    )
    if (due.length === 0) return
    this.committedAt = Date.now()
    const { topic } = this.options
    await this.consumer.commit({
      offsets: due.map(([partition, position]) => ({ topic, partition, offset: offsetAt(position), leaderEpoch: -1 })),
    })
    for (const [partition, position] of due) this.committed.set(partition, position)
  }
}

/** The assignor's own part of a subscription from version 2 on: nothing. */
const NO_USER_DATA = Buffer.alloc(0)
