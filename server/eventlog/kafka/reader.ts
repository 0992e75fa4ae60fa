import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer, findErrorBy, IS_CONTROL } from '@platformatic/kafka'
import type { Logger } from '#server/platform/logger.ts'
import { scanFrame } from '../disk/format.ts'
import { quarantine } from '../quarantine.ts'
import type { DamageReason, DamageReport, EventLogReader, Frame } from '../types.ts'
import { clientOptions } from './client.ts'
import { offsetAt, positionAt } from './positions.ts'
import type { KafkaSettings } from './settings.ts'
import { logIdOf, type Topic } from './topic.ts'

const MB = 1024 * 1024

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>

/** How one partition is read. */
export interface KafkaLogReaderOptions {
  settings: KafkaSettings
  topic: Topic
  partition: number
  logger: Logger
  /** Folder for copies of damaged messages. */
  stateDir: string
  /** Called once for every damaged message, after it was copied. */
  onDamage?: (damage: DamageReport) => void
  /** Told by release: everything before the position is loaded. */
  onReleased?: (position: bigint) => void
  /** Most bytes that are fetched ahead. Default 4 MB. */
  fetchBytes?: number
}

/** How long a broker holds a fetch that finds nothing, in milliseconds. */
const LONG_POLL_MS = 500
/** Waits between fetches that fail, in milliseconds: the brokers are away. */
const RETRY = { least: 200, most: 3_000 }

/** Reads one partition of the topic from any position, without a part in the consumer group. */
export function openKafkaLogReader(options: KafkaLogReaderOptions): EventLogReader {
  return new KafkaLogReader(options)
}

class KafkaLogReader implements EventLogReader {
  readonly logId: string
  private readonly options: KafkaLogReaderOptions
  private readonly consumer: Consumer
  private readonly closing = new AbortController()
  /** Where the caller goes on, and what is known from there: frames in order, then the offset to fetch next. */
  private position: bigint | undefined
  private frames: Frame[] = []
  private nextOffset = 0n
  private fetching: Promise<void> | undefined
  /** Offset behind the last message that every replica has, as the last fetch saw it. */
  private end: bigint | undefined
  private averageBytes = 1024
  /** A message that this version must not step over. */
  private fault: unknown

  constructor(options: KafkaLogReaderOptions) {
    this.options = options
    this.logId = logIdOf(options.topic, options.partition)
    this.consumer = new Consumer({
      ...clientOptions(options.settings, 'loader-fetch'),
      // Only names the client: a fetch of one partition joins no group.
      groupId: 'unmogrowp-fetch',
      autocommit: false,
    })
    this.consumer.topics.track(options.topic.name)
    this.consumer.on('error', () => undefined)
  }

  async read(from: bigint, maxBytes: number): Promise<Frame[]> {
    await this.moveTo(from)
    // At the end, as far as is known, the fetch that waits there brings what comes; otherwise there is more to be had.
    if (this.frames.length === 0 && (this.end === undefined || this.nextOffset < this.end)) await this.fetch()
    if (this.frames.length === 0 && this.fault !== undefined) throw this.fault
    const taken: Frame[] = []
    let bytes = 0
    for (const frame of this.frames) {
      if (taken.length > 0 && bytes + frame.payload.length > maxBytes) break
      taken.push(frame)
      bytes += frame.payload.length
    }
    this.frames.splice(0, taken.length)
    const last = taken.at(-1)
    if (last) this.position = last.next
    // The next piece comes while the caller works on this one.
    if (this.frames.length === 0 && this.fault === undefined && !this.closing.signal.aborted) void this.fetch()
    return taken
  }

  async bytesAfter(position: bigint): Promise<number> {
    const offset = offsetAt(position)
    if (this.end === undefined) await this.lookForEnd()
    const behind = (this.end ?? 0n) - offset
    return behind > 0n ? Math.ceil(Number(behind) * this.averageBytes) : 0
  }

  async waitForMore(from: bigint, timeoutMs: number): Promise<void> {
    await this.moveTo(from)
    if (this.frames.length > 0) return
    await Promise.race([this.fetch(), sleep(timeoutMs, undefined, { signal: this.closing.signal })]).catch(
      () => undefined,
    )
  }

  async release(position: bigint): Promise<void> {
    this.options.onReleased?.(position)
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return
    this.closing.abort(new Error('The reader is closed.'))
    await this.consumer.close(true)
    await this.fetching?.catch(() => undefined)
  }

  /** Makes `from` the place where reading goes on: nothing to do while the caller goes on where it stopped. */
  private async moveTo(from: bigint): Promise<void> {
    if (this.position === from) return
    await this.fetching
    this.position = from
    this.frames = []
    this.nextOffset = offsetAt(from)
  }

  /** One fetch at a time: whoever needs it waits for the one under way. Settles when it has brought something or nothing. */
  private fetch(): Promise<void> {
    this.fetching ??= this.fetchOnce().finally(() => {
      this.fetching = undefined
    })
    return this.fetching
  }

  private async fetchOnce(): Promise<void> {
    const { logger, topic, partition } = this.options
    let wait = RETRY.least
    for (let tries = 1; !this.closing.signal.aborted; tries += 1) {
      try {
        const response = await this.request()
        await this.take(response).catch((error: unknown) => {
          this.fault = error
        })
        return
      } catch (error) {
        if (this.closing.signal.aborted) return
        if (isOutOfRange(error)) {
          await this.stepIntoRange().catch((cause: unknown) => logger.warn({ err: cause }, 'asking for offsets failed'))
        } else {
          logger.warn({ err: error, topic: topic.name, partition, tries }, 'fetching failed and will be repeated')
        }
        await sleep(wait, undefined, { signal: this.closing.signal }).catch(() => undefined)
        wait = Math.min(RETRY.most, wait * 2)
      }
    }
  }

  private async request(): Promise<FetchResponse> {
    const { topic, partition, fetchBytes = 4 * MB } = this.options
    const found = (await this.consumer.metadata({ topics: [topic.name] })).topics.get(topic.name)
    const node = found?.partitions[partition]?.leader
    if (found === undefined || node === undefined) throw new Error(`Partition ${partition} of ${topic.name} is absent.`)
    if (found.id !== topic.id) {
      throw new Error(`The topic ${topic.name} was deleted and made anew. Restart this process to read the new one.`)
    }
    return this.consumer.fetch({
      node,
      maxWaitTime: LONG_POLL_MS,
      minBytes: 1,
      maxBytes: fetchBytes,
      topics: [
        {
          topicId: topic.id,
          partitions: [
            {
              partition,
              currentLeaderEpoch: -1,
              fetchOffset: this.nextOffset,
              lastFetchedEpoch: -1,
              partitionMaxBytes: fetchBytes,
            },
          ],
        },
      ],
    })
  }

  /** Adds the frames of an answer behind those that are known. */
  private async take(response: FetchResponse): Promise<void> {
    const answer = response.responses[0]?.partitions[0]
    if (!answer) return
    this.end = answer.highWatermark
    for (const batch of answer.records ?? []) {
      for (const record of batch.attributes & IS_CONTROL ? [] : batch.records) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta)
        // A fetch brings whole batches: the first may begin before the offset that was asked for.
        if (offset < this.nextOffset) continue
        if (record.value) await this.addFrame(offset, record.value)
        this.nextOffset = offset + 1n
      }
      const behind = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
      if (behind > this.nextOffset) this.nextOffset = behind
    }
  }

  private async addFrame(offset: bigint, value: Buffer): Promise<void> {
    this.averageBytes += (value.length - this.averageBytes) / 64
    const scan = scanFrame(value, 0)
    if (scan.state !== 'frame') {
      await this.damaged(offset, scan.state === 'bad-payload' ? 'bad_payload' : 'bad_head', value)
      return
    }
    const { kind, encoding, rows, appendedAt, payload } = scan
    const position = positionAt(offset)
    this.frames.push({ kind, encoding, rows, appendedAt, payload, position, next: position + 1n })
  }

  private async damaged(offset: bigint, reason: DamageReason, bytes: Buffer): Promise<void> {
    const { stateDir, topic, partition, logger } = this.options
    const position = positionAt(offset)
    const report = await quarantine(stateDir, `${topic.name}-${partition}-${offset}`, { position, reason }, bytes)
    logger.error({ ...report, position: String(position) }, 'a damaged message of the event log was left out')
    this.options.onDamage?.(report)
  }

  /** The brokers no longer have what stands at the offset: goes on at the first that they have, and says what is missing. */
  private async stepIntoRange(): Promise<void> {
    const [first, end] = await Promise.all([this.offset(EARLIEST), this.offset(LATEST)])
    if (this.nextOffset > end) {
      this.options.logger.error(
        { offset: String(this.nextOffset), end: String(end) },
        'the partition ends before what was loaded from it: the brokers lost acknowledged messages',
      )
      return
    }
    if (this.nextOffset >= first) return
    // A log that nothing was loaded from begins where it begins.
    if (this.nextOffset > 0n) await this.damaged(this.nextOffset, 'expired', Buffer.alloc(0))
    this.nextOffset = first
  }

  private async lookForEnd(): Promise<void> {
    try {
      this.end = await this.offset(LATEST)
    } catch (error) {
      this.options.logger.warn({ err: error }, 'asking for the end of the log failed')
    }
  }

  private async offset(timestamp: bigint): Promise<bigint> {
    const { topic, partition } = this.options
    const found = await this.consumer.listOffsets({
      topics: [topic.name],
      partitions: { [topic.name]: [partition] },
      timestamp,
    })
    return found.get(topic.name)?.[partition] ?? 0n
  }
}

const EARLIEST = -2n
const LATEST = -1n

function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && findErrorBy(error, 'apiId', 'OFFSET_OUT_OF_RANGE') !== null
}
