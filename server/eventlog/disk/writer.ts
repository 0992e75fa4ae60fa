import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '#server/platform/errors.ts'
import type { Logger } from '#server/platform/logger.ts'
import type { EventLogWriter, FrameInput } from '../types.ts'
import { encodeFrameHead, FRAME_HEAD, MAX_PAYLOAD } from './format.ts'
import { acquireDirLock, type DirLock } from './lock.ts'
import { truncateTornTail } from './recover.ts'
import { diskSpace, evictLoaded, type LookAtSpace, loadedPosition, releasedSegment } from './retention.ts'
import { createSegment, type OpenSegment, type OpenSegmentFile } from './segment-file.ts'
import { ensureLogId, isCode, listSegments, segmentPath } from './segments.ts'

const MB = 1024 * 1024

/** How a disk log is written; sizes are bytes, times milliseconds. */
export interface DiskLogWriterOptions {
  dir: string
  logger: Logger
  /** A segment that has grown past this is closed. Default 96 MB, at most 1 GB. */
  segmentBytes?: number
  /** A segment older than this is closed with the next append, so that it may be deleted one day. Default 10 minutes. */
  segmentMs?: number
  /** Appends are refused while the disk has fewer free bytes. Default 256 MB. */
  minFreeBytes?: number
  /** Appends are refused while more than this waits for the disk. Default 256 MB. */
  maxPendingBytes?: number
  /** Unix milliseconds; for tests. */
  now?: () => number
  /** Milliseconds of a clock that nobody sets, for everything that lasts; for tests. */
  uptime?: () => number
  /** Opens a segment's file; for tests of a failing disk. */
  openFile?: OpenSegmentFile
  /** Looks how full the disk is; for tests of a full one. */
  space?: LookAtSpace
}

interface Waiting {
  buffers: Buffer[]
  bytes: number
  resolve(): void
  reject(error: Error): void
}

/** Most bytes that one sync covers. */
const GROUP_BYTES = 16 * MB
/** Failed writes are logged this seldom, in milliseconds. */
const LOG_REFUSALS_MS = 5_000
/** How long a look at the free space stays true enough, in milliseconds. */
const SPACE_CHECK_MS = 1_000

/**
 * Opens a folder for appending. Appends of many callers share one write and one fdatasync (group commit). Every opening
 * begins a new segment, and so does every failed write: an offset that a reader may have seen is never written twice.
 * @throws DirLockedError when another process writes there
 */
export async function openDiskLogWriter(options: DiskLogWriterOptions): Promise<EventLogWriter> {
  const { dir, logger } = options
  const logId = await ensureLogId(dir)
  const lock = await acquireDirLock(join(dir, 'writer.lock'))
  try {
    const last = listSegments(dir).at(-1)
    if (last !== undefined) {
      const cut = await truncateTornTail(dir, last)
      if (cut > 0) logger.warn({ segment: last, bytes: cut }, 'cut off an unfinished write that was never acknowledged')
    }
    return new DiskLogWriter(options, logId, lock, Math.max(last ?? 0, await releasedSegment(dir)) + 1)
  } catch (error) {
    lock.release()
    throw error
  }
}

class DiskLogWriter implements EventLogWriter {
  readonly logId: string
  readonly partitions = 1
  private readonly options: Required<Omit<DiskLogWriterOptions, 'openFile'>> & { openFile?: OpenSegmentFile }
  private readonly lock: DirLock
  private nextSegment: number
  private segment: OpenSegment | undefined
  private queue: Waiting[] = []
  private pendingBytes = 0
  private pumping: Promise<void> | undefined
  private closed = false
  private spaceCheckedAt = Number.NEGATIVE_INFINITY
  /** Writes that failed since the last of them was logged. */
  private refusals = 0
  private refusalLoggedAt = Number.NEGATIVE_INFINITY

  constructor(options: DiskLogWriterOptions, logId: string, lock: DirLock, nextSegment: number) {
    this.options = {
      ...options,
      segmentBytes: Math.min(options.segmentBytes ?? 96 * MB, 1024 * MB),
      segmentMs: options.segmentMs ?? 600_000,
      minFreeBytes: options.minFreeBytes ?? 256 * MB,
      maxPendingBytes: options.maxPendingBytes ?? 256 * MB,
      now: options.now ?? Date.now,
      uptime: options.uptime ?? (() => performance.now()),
      space: options.space ?? diskSpace,
    }
    this.logId = logId
    this.lock = lock
    this.nextSegment = nextSegment
  }

  append(frames: readonly FrameInput[]): Promise<void> {
    if (this.closed) return Promise.reject(unavailable('The event log is closed. Try again shortly.'))
    const appendedAt = this.options.now()
    const buffers: Buffer[] = []
    let bytes = 0
    for (const frame of frames) {
      const { rows, payload } = frame
      if (rows === 0 || payload.length === 0) continue
      if (payload.length > MAX_PAYLOAD) {
        return Promise.reject(
          new AppError('too_large', 'One frame of the event log takes at most 64 MB. Send less at once.'),
        )
      }
      buffers.push(encodeFrameHead(frame, appendedAt), payload)
      bytes += FRAME_HEAD + payload.length
    }
    if (bytes === 0) return Promise.resolve()
    if (this.pendingBytes + bytes > this.options.maxPendingBytes) {
      return Promise.reject(unavailable('The event log cannot keep up. Send again in a few seconds.'))
    }
    this.pendingBytes += bytes
    const done = new Promise<void>((resolve, reject) => {
      this.queue.push({ buffers, bytes, resolve, reject })
    })
    this.pumping ??= this.pump()
    return done
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.pumping
    await this.segment?.close()
    this.segment = undefined
    this.lock.release()
  }

  /** Commits groups until the queue is empty. */
  private async pump(): Promise<void> {
    // The turn of the event loop that called append may bring more; they share the first sync.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.queue.length > 0) {
      const group = this.takeGroup()
      const bytes = group.reduce((sum, waiting) => sum + waiting.bytes, 0)
      try {
        await this.commitOrEvict(
          group.flatMap((waiting) => waiting.buffers),
          bytes,
        )
        for (const waiting of group) waiting.resolve()
      } catch (error) {
        const refusal = this.refusal(error)
        for (const waiting of group) waiting.reject(refusal)
      } finally {
        this.pendingBytes -= bytes
      }
    }
    this.pumping = undefined
  }

  private takeGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.queue) {
      if (count > 0 && bytes + waiting.bytes > GROUP_BYTES) break
      bytes += waiting.bytes
      count += 1
    }
    return this.queue.splice(0, count)
  }

  /** Commits; where the disk has no room, deletes loaded segments and tries once more. */
  private async commitOrEvict(buffers: Buffer[], bytes: number): Promise<void> {
    try {
      await this.commit(buffers, bytes)
    } catch (error) {
      // What the system says is free may be more than this process may write (a quota), so a failed write counts alike.
      if (!isDiskFull(error) || !(await this.evict(Math.max(bytes, this.options.segmentBytes)))) throw error
      await this.commit(buffers, bytes)
    }
  }

  /** @returns whether anything was deleted */
  private async evict(bytes: number): Promise<boolean> {
    const { dir, logger } = this.options
    const segments = await evictLoaded(dir, await loadedPosition(dir), bytes)
    if (segments.length > 0)
      logger.warn({ segments: segments.length }, 'the disk is nearly full: deleted loaded segments')
    return segments.length > 0
  }

  private async commit(buffers: Buffer[], bytes: number): Promise<void> {
    await this.checkSpace(bytes)
    const { segmentBytes, segmentMs, uptime, dir, openFile } = this.options
    if (this.segment && (this.segment.size >= segmentBytes || uptime() - this.segment.createdAt >= segmentMs)) {
      await this.leaveSegment()
    }
    if (!this.segment) {
      const number = this.nextSegment
      try {
        this.segment = await createSegment(dir, number, uptime(), openFile)
      } finally {
        // A number is used once its file is there, and none is left out: to a reader, one that is absent is lost.
        if (existsSync(segmentPath(dir, number))) this.nextSegment = number + 1
      }
    }
    try {
      await this.segment.append(buffers, bytes)
    } catch (error) {
      this.spaceCheckedAt = Number.NEGATIVE_INFINITY
      await this.leaveSegment()
      throw error
    }
  }

  private async leaveSegment(): Promise<void> {
    const old = this.segment
    this.segment = undefined
    await old?.close().catch((error: unknown) => this.options.logger.warn({ err: error }, 'closing a segment failed'))
  }

  /** Looks at the free space now and then; deletes loaded segments where it is short, and refuses where that is not enough. */
  private async checkSpace(bytes: number): Promise<void> {
    const { dir, minFreeBytes, uptime, space } = this.options
    if (uptime() - this.spaceCheckedAt < SPACE_CHECK_MS) return
    let { free } = await space(dir)
    const short = () => minFreeBytes + bytes - free
    if (short() > 0 && (await this.evict(short()))) free = (await space(dir)).free
    if (short() > 0) throw new DiskFullError(free, minFreeBytes)
    this.spaceCheckedAt = uptime()
  }

  private refusal(error: unknown): AppError {
    const { uptime, logger } = this.options
    this.refusals += 1
    // Every request meets the same fault, and the process's own log may lie on the same disk.
    if (uptime() - this.refusalLoggedAt >= LOG_REFUSALS_MS) {
      const what = isDiskFull(error) ? 'the disk of the event log is full' : 'the event log could not write'
      logger.error({ err: error, writes: this.refusals }, what)
      this.refusalLoggedAt = uptime()
      this.refusals = 0
    }
    return unavailable('Events cannot be stored at the moment, nothing of this request was. Send it again.', error)
  }
}

class DiskFullError extends Error {
  constructor(free: number, minimum: number) {
    super(`${free} bytes are free, at least ${minimum} must stay so.`)
    this.name = 'DiskFullError'
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof DiskFullError || isCode(error, 'ENOSPC', 'EDQUOT')
}

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('unavailable', message, { retryAfter: 5, cause })
}
