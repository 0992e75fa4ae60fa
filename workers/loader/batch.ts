import { FRAME_KINDS, type Frame, type FrameKind } from '#server/eventlog/index.ts'
import type { HashSet128 } from './hash-set.ts'

/** What was seen already, per kind. */
export type Seen = Record<FrameKind, HashSet128>

/** Rows of one kind as the engine takes them: NDJSON, with where each row ends and its 128-bit hash beside it. */
export interface KindBatch {
  kind: FrameKind
  rows: number
  body: Buffer
  /** End of row i in the body (behind its line feed). */
  ends: Uint32Array
  /** Four 32-bit words a row. */
  hashes: Uint32Array
}

/** A line of a frame that is not `<32 hex> {…}`: a fault of whoever wrote the log, not of a client. */
export interface UnreadableLine {
  kind: FrameKind
  position: bigint
  line: Buffer
}

/** Some frames of the log, made ready to load: duplicates are gone, the position in the log is on every row. */
export interface Batch {
  /** Position of the first frame, and the one behind the last. */
  from: bigint
  next: bigint
  /** When the first frame was appended, Unix milliseconds. */
  oldestAppendedAt: number
  kinds: Record<FrameKind, KindBatch>
  duplicates: Record<FrameKind, number>
  unreadable: UnreadableLine[]
}

const LINE_FEED = 10
const PREFIX = 33
const DAY_MS = 86_400_000

/** Value of a hex digit by its character code; 255 for every other character. */
const HEX = new Uint8Array(256).fill(255)
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX[digit.charCodeAt(0)] = value

/**
 * Splits frames into rows, drops those whose hash was seen before (and remembers the others), and splices `log_id` and
 * `log_position` in before each row's closing bracket. Nothing is parsed.
 * @param frames at least one, in the log's order
 */
export function buildBatch(frames: readonly Frame[], logId: string, seen: Seen): Batch {
  const first = frames[0]
  const last = frames.at(-1)
  if (!first || !last) throw new Error('A batch needs at least one frame.')
  const builders = Object.fromEntries(
    FRAME_KINDS.map((kind) => {
      const own = frames.filter((frame) => frame.kind === kind)
      const rows = own.reduce((sum, frame) => sum + frame.rows, 0)
      const bytes = own.reduce((sum, frame) => sum + frame.payload.length, 0)
      return [kind, new RowsBuilder(kind, rows, bytes)]
    }),
  ) as Record<FrameKind, RowsBuilder>
  const duplicates: Record<FrameKind, number> = { event: 0, touchpoint: 0, rejected: 0 }
  const unreadable: UnreadableLine[] = []

  for (const { kind, payload, position, appendedAt } of frames) {
    const day = Math.floor(appendedAt / DAY_MS)
    const tail = Buffer.from(`,"log_id":${JSON.stringify(logId)},"log_position":${position}}\n`)
    const set = seen[kind]
    const builder = builders[kind]
    for (let start = 0; start < payload.length; ) {
      const feed = payload.indexOf(LINE_FEED, start)
      const end = feed === -1 ? payload.length : feed
      if (end > start) {
        if (!builder.readHash(payload, start, end)) {
          unreadable.push({ kind, position, line: Buffer.from(payload.subarray(start, end)) })
        } else if (set.add(builder.a, builder.b, builder.c, builder.d, day)) {
          builder.append(payload, start + PREFIX, end - 1, tail)
        } else {
          duplicates[kind] += 1
        }
      }
      start = end + 1
    }
  }
  const kinds = Object.fromEntries(FRAME_KINDS.map((kind) => [kind, builders[kind].finish()])) as Batch['kinds']
  return { from: first.position, next: last.next, oldestAppendedAt: first.appendedAt, kinds, duplicates, unreadable }
}

/** Grows as needed, so that a wrong row count in a frame's head does no harm. */
export class RowsBuilder {
  /** The words of the hash that was read last. */
  a = 0
  b = 0
  c = 0
  d = 0
  private readonly kind: FrameKind
  private rows = 0
  private body: Buffer
  private length = 0
  private ends: Uint32Array
  private hashes: Uint32Array

  constructor(kind: FrameKind, rows: number, bytes: number) {
    this.kind = kind
    this.body = Buffer.allocUnsafeSlow(bytes + rows * 64)
    this.ends = new Uint32Array(rows)
    this.hashes = new Uint32Array(rows * 4)
  }

  /** Reads the 32 hex digits at the start of a line; false when the line has not the shape `<32 hex> {…}`. */
  readHash(line: Buffer, start: number, end: number): boolean {
    if (end - start < PREFIX + 2 || line[start + 32] !== 0x20) return false
    if (line[start + PREFIX] !== 0x7b || line[end - 1] !== 0x7d) return false
    let wrong = 0
    const word = (from: number) => {
      let value = 0
      for (let i = from; i < from + 8; i += 1) {
        const digit = HEX[line[i] ?? 0] ?? 255
        wrong |= digit
        value = (value << 4) | digit
      }
      return value >>> 0
    }
    this.a = word(start)
    this.b = word(start + 8)
    this.c = word(start + 16)
    this.d = word(start + 24)
    return wrong < 16
  }

  /** Adds the row in `source` from `start` up to before its closing bracket at `bracket`, with the hash read last. */
  append(source: Buffer, start: number, bracket: number, tail: Buffer): void {
    const size = bracket - start + tail.length
    if (this.length + size > this.body.length) {
      const bigger = Buffer.allocUnsafeSlow((this.length + size) * 2)
      this.body.copy(bigger, 0, 0, this.length)
      this.body = bigger
    }
    if (this.rows === this.ends.length) {
      this.ends = enlarged(this.ends)
      this.hashes = enlarged(this.hashes, this.ends.length * 4)
    }
    source.copy(this.body, this.length, start, bracket)
    tail.copy(this.body, this.length + bracket - start)
    this.length += size
    const at = this.rows * 4
    this.hashes[at] = this.a
    this.hashes[at + 1] = this.b
    this.hashes[at + 2] = this.c
    this.hashes[at + 3] = this.d
    this.ends[this.rows] = this.length
    this.rows += 1
  }

  finish(): KindBatch {
    const { kind, rows } = this
    return {
      kind,
      rows,
      body: this.body.subarray(0, this.length),
      ends: this.ends.subarray(0, rows),
      hashes: this.hashes.subarray(0, rows * 4),
    }
  }
}

function enlarged(array: Uint32Array, length = Math.max(16, array.length * 2)): Uint32Array {
  const bigger = new Uint32Array(length)
  bigger.set(array)
  return bigger
}

/** Rows `from` up to before `to` of a batch, as a view. */
export function sliceRows(batch: KindBatch, from: number, to: number): KindBatch {
  const start = from === 0 ? 0 : (batch.ends[from - 1] ?? 0)
  const end = to === 0 ? 0 : (batch.ends[to - 1] ?? 0)
  return {
    kind: batch.kind,
    rows: to - from,
    body: batch.body.subarray(start, end),
    ends: batch.ends.slice(from, to).map((place) => place - start),
    hashes: batch.hashes.subarray(from * 4, to * 4),
  }
}

/** The chosen rows of a batch, copied. */
export function pickRows(batch: KindBatch, chosen: readonly number[]): KindBatch {
  const parts = chosen.map((row) => sliceRows(batch, row, row + 1))
  let end = 0
  return {
    kind: batch.kind,
    rows: parts.length,
    body: Buffer.concat(parts.map((part) => part.body)),
    ends: Uint32Array.from(parts, (part) => {
      end += part.body.length
      return end
    }),
    hashes: Uint32Array.from(parts.flatMap((part) => [...part.hashes])),
  }
}

/** The 32 hex digits of a row's hash. */
export function hashHex(batch: KindBatch, row: number): string {
  return [0, 1, 2, 3].map((i) => (batch.hashes[row * 4 + i] ?? 0).toString(16).padStart(8, '0')).join('')
}
