import { Producer } from '@platformatic/kafka'
import { AppError } from '#server/platform/errors.ts'
import type { Logger } from '#server/platform/logger.ts'
import { encodeFrameHead, FRAME_HEAD } from '../disk/format.ts'
import type { EventLogWriter, FrameInput } from '../types.ts'
import { clientOptions } from './client.ts'
import type { KafkaSettings } from './settings.ts'
import { splitFrame } from './split.ts'
import { ensureTopic, type Topic } from './topic.ts'

const MB = 1024 * 1024

/** How a Kafka log is written. */
export interface KafkaLogWriterOptions {
  settings: KafkaSettings
  logger: Logger
  /** Appends are refused while more bytes than this wait for the brokers. Default 256 MB. */
  maxPendingBytes?: number
  /** Unix milliseconds; for tests. */
  now?: () => number
}

/** One call of append: done when the brokers have every message of it. */
interface Append {
  left: number
  /** Its caller was told that it failed; what of it is still under way changes nothing. */
  refused: boolean
  bytes: number
  resolve(): void
  reject(error: Error): void
}

interface Message {
  value: Buffer
  /** Unix milliseconds; by it a replay finds its place. */
  appendedAt: bigint
  append: Append
}

/** Room that a batch and each of its records need beside the frames. */
const BATCH_OVERHEAD = 512
const RECORD_OVERHEAD = 64
/** A request is repeated for about five seconds: longer than the election of a new leader takes. */
const RETRIES = 12
const RETRY_MS = 400
/** After so long without an answer of the brokers the callers are told to come back, in milliseconds. */
const PATIENCE_MS = 6_000

/**
 * Opens the topic for appending, and creates it when it is absent. Any number of processes may write at once.
 * Appends of many callers share one request (group commit): what comes while it is under way goes with the next.
 * @throws Error when the brokers cannot be reached or do not let us, with theirs as its cause
 */
export async function openKafkaLogWriter(options: KafkaLogWriterOptions): Promise<EventLogWriter> {
  const topic = await ensureTopic(options.settings, options.logger).catch((cause: unknown) => {
    const brokers = options.settings.brokers.join(', ')
    throw new Error(`The event log is Kafka (EVENT_LOG), and it cannot be opened at ${brokers}.`, { cause })
  })
  return new KafkaLogWriter(options, topic)
}

class KafkaLogWriter implements EventLogWriter {
  readonly logId: string
  readonly partitions: number
  private readonly topic: Topic
  private readonly options: Required<KafkaLogWriterOptions>
  private readonly producer: Producer
  /** What waits, by partition; one entry a partition in one request. */
  private readonly queues: Message[][]
  private pendingBytes = 0
  private pumping: Promise<void> | undefined
  /** The request under way has no answer for too long. */
  private stalled = false
  private closed = false

  constructor(options: KafkaLogWriterOptions, topic: Topic) {
    this.options = { maxPendingBytes: 256 * MB, now: Date.now, ...options }
    this.topic = topic
    this.logId = `kafka:${topic.name}`
    this.partitions = topic.partitions
    this.queues = Array.from({ length: topic.partitions }, () => [])
    this.producer = new Producer({
      ...clientOptions(options.settings, 'collector'),
      // The brokers drop what a repeated request brings again and keep the order of a partition.
      idempotent: true,
      retries: RETRIES,
      retryDelay: RETRY_MS,
    })
    this.producer.on('error', (error) =>
      options.logger.warn({ err: error }, 'the connection to the brokers had a fault'),
    )
  }

  append(frames: readonly FrameInput[]): Promise<void> {
    if (this.closed) return Promise.reject(unavailable('The event log is closed. Try again shortly.'))
    const appendedAt = this.options.now()
    const limit = this.topic.maxBatchBytes - BATCH_OVERHEAD - RECORD_OVERHEAD - FRAME_HEAD
    const messages: { partition: number; value: Buffer }[] = []
    let bytes = 0
    for (const frame of frames) {
      if (frame.rows === 0 || frame.payload.length === 0) continue
      for (const part of splitFrame(frame, this.partitions, limit)) {
        if (part.frame.payload.length > limit) {
          return Promise.reject(new AppError('too_large', `One row of the event log takes at most ${limit} bytes.`))
        }
        const value = Buffer.concat([encodeFrameHead(part.frame, appendedAt), part.frame.payload])
        messages.push({ partition: part.partition, value })
        bytes += value.length
      }
    }
    if (messages.length === 0) return Promise.resolve()
    if (this.stalled) return Promise.reject(unavailable(AWAY))
    if (this.pendingBytes + bytes > this.options.maxPendingBytes) {
      return Promise.reject(unavailable('The event log cannot keep up. Send again in a few seconds.'))
    }
    this.pendingBytes += bytes
    const done = new Promise<void>((resolve, reject) => {
      const append: Append = { left: messages.length, refused: false, bytes, resolve, reject }
      for (const { partition, value } of messages)
        this.queues[partition]?.push({ value, appendedAt: BigInt(appendedAt), append })
    })
    this.pumping ??= this.pump()
    return done
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.pumping
    await this.producer.close()
  }

  /** Sends round after round until nothing waits; one request at a time, so that no later one overtakes an earlier. */
  private async pump(): Promise<void> {
    // The turn of the event loop that called append may bring more; they share the first request.
    await new Promise((resolve) => setImmediate(resolve))
    for (let round = this.takeRound(); round.length > 0; round = this.takeRound()) {
      const patience = setTimeout(() => {
        this.stalled = true
        this.refuse(round, new Error(`The brokers have not answered for ${PATIENCE_MS} ms.`))
      }, PATIENCE_MS)
      try {
        await this.producer.send({
          messages: round.map(({ partition, message }) => ({
            topic: this.topic.name,
            partition,
            value: message.value,
            timestamp: message.appendedAt,
          })),
        })
        for (const { message } of round) this.arrived(message.append)
      } catch (error) {
        this.refuse(round, error)
      } finally {
        clearTimeout(patience)
        this.stalled = false
      }
    }
    this.pumping = undefined
  }

  /** Tells the callers of a round that it failed, and with them all who wait behind it: they would hear the same later. */
  private refuse(round: readonly { message: Message }[], error: unknown): void {
    this.options.logger.error({ err: error }, 'the event log could not write to Kafka')
    const waiting = [...round.map(({ message }) => message), ...this.queues.flatMap((queue) => queue.splice(0))]
    for (const { append } of waiting) {
      if (append.refused) continue
      append.refused = true
      this.pendingBytes -= append.bytes
      append.reject(unavailable(AWAY, error))
    }
  }

  private arrived(append: Append): void {
    append.left -= 1
    if (append.left > 0 || append.refused) return
    this.pendingBytes -= append.bytes
    append.resolve()
  }

  /** What goes with the next request: of each partition as much as its brokers take at once. */
  private takeRound(): { partition: number; message: Message }[] {
    const round: { partition: number; message: Message }[] = []
    for (const [partition, queue] of this.queues.entries()) {
      let bytes = BATCH_OVERHEAD
      let count = 0
      for (const { value } of queue) {
        bytes += value.length + RECORD_OVERHEAD
        if (count > 0 && bytes > this.topic.maxBatchBytes) break
        count += 1
      }
      for (const message of queue.splice(0, count)) round.push({ partition, message })
    }
    return round
  }
}

const AWAY = 'Events cannot be stored at the moment. Send all of this request again.'

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('unavailable', message, { retryAfter: 5, cause })
}
