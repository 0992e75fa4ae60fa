import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '#server/platform/logger.ts'
import { quarantine } from '../quarantine.ts'
import type { DamageReason, DamageReport, EventLogReader, Frame } from '../types.ts'
import { READ_BYTES, ReadBuffers } from './buffers.ts'
import { FRAME_HEAD, findFrame, MAX_PAYLOAD, placeOf, positionOf, SEGMENT_HEAD, scanFrame } from './format.ts'
import { deleteLoaded, evictLoaded, loadedPosition, releasedSegment, saveLoadedPosition } from './retention.ts'
import { ensureLogId, isCode, listSegments, segmentPath } from './segments.ts'

/** Bytes of a segment that a reader had to leave out. */
export interface SegmentDamage extends DamageReport {
  segment: number
  offset: number
}

/** How a disk log is read; times are milliseconds. */
export interface DiskLogReaderOptions {
  dir: string
  logger: Logger
  /** Called once for every damaged stretch, after its bytes were copied to `quarantine/`. */
  onDamage?: (damage: SegmentDamage) => void
  /** How long a loaded segment stays. Default 24 h. */
  keepMs?: number
  /** Share of the disk that the log may fill before loaded segments go earlier. Default 0.2. */
  keepShare?: number
  /** How long what looks damaged at the log's very end may still be a write under way. Default 1 s. */
  settleMs?: number
  /** How often the end of the log is looked at while waiting. Default 15. */
  pollMs?: number
  /** Unix milliseconds; for tests. */
  now?: () => number
}

/** Opens a folder for reading, beside the process that writes it or long after. */
export async function openDiskLogReader(options: DiskLogReaderOptions): Promise<EventLogReader> {
  return new DiskLogReader(options, await ensureLogId(options.dir))
}

class DiskLogReader implements EventLogReader {
  readonly logId: string
  private readonly options: Required<Omit<DiskLogReaderOptions, 'onDamage'>> & Pick<DiskLogReaderOptions, 'onDamage'>
  private file: { segment: number; handle: FileHandle } | undefined
  private readonly buffers = new ReadBuffers()
  /** Damage already reported: where reading goes on. */
  private readonly skips = new Map<bigint, bigint>()
  private suspect: { position: bigint; since: number } | undefined

  constructor(options: DiskLogReaderOptions, logId: string) {
    this.logId = logId
    this.options = {
      ...options,
      keepMs: options.keepMs ?? 24 * 3_600_000,
      keepShare: options.keepShare ?? 0.2,
      settleMs: options.settleMs ?? 1_000,
      pollMs: options.pollMs ?? 15,
      now: options.now ?? Date.now,
    }
  }

  async read(from: bigint, maxBytes: number): Promise<Frame[]> {
    let position = from
    for (;;) {
      const place = this.locate(position)
      if (!place) return []
      const { segment, offset, newer } = place
      if (await this.passGap(position, segment)) continue
      const handle = await this.open(segment)
      // Deleted between listing and opening: the next round lists anew.
      if (!handle) continue
      const { size } = await handle.stat()
      const frames = await this.framesAt(handle, segment, offset, size, maxBytes)
      if (frames.length > 0) {
        this.suspect = undefined
        return frames
      }
      if (offset >= size) {
        // Where a next segment follows, what was suspected may stand at its beginning: that must grow old.
        if (newer === undefined) {
          this.suspect = undefined
          return []
        }
        position = positionOf(segment + 1, 0)
        continue
      }
      const next = await this.passDamage(handle, segment, offset, size, newer !== undefined)
      if (next === undefined) return []
      position = next
    }
  }

  async bytesAfter(position: bigint): Promise<number> {
    const { segment, offset } = placeOf(position)
    let bytes = 0
    for (const number of listSegments(this.options.dir)) {
      if (number < segment) continue
      const size = (await stat(segmentPath(this.options.dir, number)).catch(() => ({ size: 0 }))).size
      bytes += Math.max(0, size - (number === segment ? Math.max(offset, SEGMENT_HEAD) : SEGMENT_HEAD))
    }
    return bytes
  }

  async waitForMore(from: bigint, timeoutMs: number): Promise<void> {
    // A clock that is put back must not make it wait longer.
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const more = (await this.bytesAfter(this.skipped(from))) > 0
      const left = deadline - performance.now()
      // Bytes that the last read could not use are no reason to read again at once.
      if (left <= 0 || (more && !this.suspect)) return
      await sleep(Math.min(this.suspect ? this.suspectPause() : this.options.pollMs, left))
      if (more) return
    }
  }

  async release(position: bigint): Promise<void> {
    this.buffers.release(position)
    const { dir, keepMs, keepShare, now, logger } = this.options
    try {
      await saveLoadedPosition(dir, position)
    } catch (error) {
      // Not even room to say what is loaded: the writer cannot know that it may delete, so one segment goes from here.
      if (!isCode(error, 'ENOSPC', 'EDQUOT') || (await evictLoaded(dir, position, 1)).length === 0) throw error
      logger.warn('the disk is full: deleted a loaded segment')
      await saveLoadedPosition(dir, position)
    }
    const gone = await deleteLoaded(dir, position, { keepMs, keepShare, now: now() })
    if (gone.length > 0) logger.info({ segments: gone.length, upTo: gone.at(-1) }, 'deleted loaded segments')
  }

  async close(): Promise<void> {
    await this.file?.handle.close()
    this.file = undefined
  }

  private suspectPause(): number {
    const { settleMs, pollMs } = this.options
    return this.suspect && performance.now() - this.suspect.since > settleMs ? Math.max(250, pollMs) : pollMs
  }

  private skipped(from: bigint): bigint {
    let position = from
    for (let next = this.skips.get(position); next !== undefined; next = this.skips.get(position)) position = next
    return position
  }

  /**
   * The segment and offset to read at. `newer` is the next segment, listed before the size of this one is looked at:
   * a writer adds nothing to a segment after it has begun the next, so the size that is seen then is final.
   */
  private locate(from: bigint): { segment: number; offset: number; newer: number | undefined } | undefined {
    const { segment, offset } = placeOf(this.skipped(from))
    const segments = listSegments(this.options.dir)
    const found = segments.find((number) => number >= segment)
    if (found === undefined) return undefined
    const newer = segments.find((number) => number > found)
    return { segment: found, offset: found === segment ? Math.max(offset, SEGMENT_HEAD) : SEGMENT_HEAD, newer }
  }

  /**
   * Reports segments that are absent before they were loaded.
   * @param from where a reader goes on
   * @param found the first segment that is there from that position on
   * @returns whether there were any, so that reading goes on behind them
   */
  private async passGap(from: bigint, found: number): Promise<boolean> {
    const { dir, logger } = this.options
    const position = this.skipped(from)
    // A log that nothing was loaded from begins where it begins, which is behind what was given up of it.
    const first = position === 0n ? (await releasedSegment(dir)) + 1 : placeOf(position).segment
    // What was loaded may go while somebody else reads it.
    if (found <= first || found <= placeOf(await loadedPosition(dir)).segment) return false
    const name = `${String(first).padStart(10, '0')}-absent`
    const damage = await quarantine(
      dir,
      name,
      { position, segment: first, offset: placeOf(position).offset, reason: 'expired' as const },
      Buffer.alloc(0),
    )
    this.skips.set(position, positionOf(found, 0))
    logger.error(
      { ...damage, position: String(position), segments: found - first },
      'segments of the event log are absent; what was not loaded of them is lost',
    )
    this.options.onDamage?.(damage)
    return true
  }

  private async open(segment: number): Promise<FileHandle | undefined> {
    if (this.file?.segment === segment) return this.file.handle
    await this.close()
    try {
      const handle = await open(segmentPath(this.options.dir, segment), 'r')
      this.file = { segment, handle }
      return handle
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined
      throw error
    }
  }

  private async framesAt(
    file: FileHandle,
    segment: number,
    offset: number,
    size: number,
    maxBytes: number,
  ): Promise<Frame[]> {
    const available = size - offset
    if (available < FRAME_HEAD) return []
    const wanted = Math.min(available, Math.max(maxBytes, FRAME_HEAD), READ_BYTES)
    let place = this.buffers.take(wanted)
    let last: Frame | undefined
    try {
      let bytes = await readInto(place.memory, file, offset, place.memory.length)
      const first = scanFrame(bytes, 0)
      if (first.state === 'short' && first.needed <= available) {
        this.buffers.giveBack(place)
        place = this.buffers.whole(first.needed)
        bytes = await readInto(place.memory, file, offset, first.needed)
      }
      const frames = framesIn(bytes, segment, offset)
      last = frames.at(-1)
      return frames
    } finally {
      if (last) this.buffers.lend(place, placeOf(last.next).offset - offset, last.next)
      else this.buffers.giveBack(place)
    }
  }

  /**
   * Steps over what is not a sound frame at an offset.
   * @returns where reading goes on; undefined when it may be a write under way, so that it must be looked at again
   */
  private async passDamage(
    file: FileHandle,
    segment: number,
    offset: number,
    size: number,
    closed: boolean,
  ): Promise<bigint | undefined> {
    const { dir, logger, settleMs } = this.options
    const position = positionOf(segment, offset)
    if (!closed) {
      if (this.suspect?.position !== position) this.suspect = { position, since: performance.now() }
      if (performance.now() - this.suspect.since < settleMs) return undefined
    }
    const window = await readBytes(file, offset, Math.min(size - offset, MAX_PAYLOAD + FRAME_HEAD))
    const scan = scanFrame(window, 0)
    if (scan.state === 'frame') return position
    const found = scan.state === 'bad-payload' ? scan.end : findFrame(window, 1)
    // At the end of a living segment only a frame that follows proves damage rather than an unfinished write.
    if (found === undefined && !closed) return undefined
    const end = found ?? window.length
    const reasons: Record<typeof scan.state, DamageReason> = {
      'bad-head': 'bad_head',
      'bad-payload': 'bad_payload',
      short: found === undefined ? 'torn_tail' : 'bad_head',
    }
    const damage = await quarantine(
      dir,
      `${String(segment).padStart(10, '0')}-${offset}`,
      { position, segment, offset, reason: reasons[scan.state] },
      window.subarray(0, end),
    )
    const next = positionOf(segment, offset + end)
    this.skips.set(position, next)
    this.suspect = undefined
    logger.error({ ...damage, position: String(position) }, 'a damaged stretch of the event log was left out')
    this.options.onDamage?.(damage)
    return next
  }
}

/** The sound frames from the beginning of bytes on. @param offset in the segment, of the first byte */
function framesIn(bytes: Buffer, segment: number, offset: number): Frame[] {
  const frames: Frame[] = []
  let at = 0
  while (at < bytes.length) {
    const scan = scanFrame(bytes, at)
    if (scan.state !== 'frame') break
    const { kind, encoding, rows, appendedAt, payload, end } = scan
    const position = positionOf(segment, offset + at)
    frames.push({ kind, encoding, rows, appendedAt, payload, position, next: positionOf(segment, offset + end) })
    at = end
  }
  return frames
}

function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  return readInto(Buffer.allocUnsafeSlow(length), file, position, length)
}

async function readInto(buffer: Buffer, file: FileHandle, position: number, length: number): Promise<Buffer> {
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
