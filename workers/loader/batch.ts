import { FRAME_KINDS, type Frame, type FrameKind, PACKED, packed } from '#server/eventlog/index.ts'
import { type RowSet, RowsBuilder } from './rows.ts'
import { PERHAPS, REPEATED, type SeenIds } from './seen.ts'

/** Rows of a batch as they are inserted together, and which of them may be repetitions. */
export interface BatchPart {
  set: RowSet
  /** Rows whose ids are to be looked up in ClickHouse. */
  perhaps: number[]
}

/** Bytes of a frame that are no row: a fault of whoever wrote the log, not of a client. */
export interface UnreadableLine {
  kind: FrameKind
  position: bigint
  line: Buffer
}

/** Some frames of the log, made ready to load: known repetitions are gone, the position in the log is on every row. */
export interface Batch {
  /** Position of the first frame, and the one behind the last. */
  from: bigint
  next: bigint
  /** When the first frame was appended, Unix milliseconds. */
  oldestAppendedAt: number
  /** Bytes of the frames. */
  bytes: number
  frames: readonly Frame[]
  parts: BatchPart[]
  duplicates: Record<FrameKind, number>
  unreadable: UnreadableLine[]
}

const LINE_FEED = 10
const PREFIX = 33

/** Mixed into a hash's third word, so that equal ids of different kinds are different. */
export const KIND_MARKS: Record<FrameKind, number> = { event: 0, touchpoint: 0x5bd1_e995, rejected: 0x1b87_3593 }

/** Value of a hex digit by its character code; 255 for every other character. */
const HEX = new Uint8Array(256).fill(255)
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX[digit.charCodeAt(0)] = value

/**
 * Splits frames into rows and drops those whose id is known to be a repetition (and remembers the others). Packed rows get
 * the frame's position written into their bytes; in NDJSON rows `log_id` and `log_position` are spliced in before the
 * closing bracket. Nothing is parsed.
 * @param frames at least one, in the log's order; the bytes of packed ones are changed
 */
export function buildBatch(frames: readonly Frame[], logId: string, seen: Pick<SeenIds, 'see'>): Batch {
  const first = frames[0]
  const last = frames.at(-1)
  if (!first || !last) throw new Error('A batch needs at least one frame.')
  const makers = new Map<string, PartMaker>()
  for (const { kind, encoding, rows, payload } of frames) {
    const key = `${kind} ${encoding}`
    const maker = makers.get(key) ?? new PartMaker(kind, encoding, seen)
    // The row count of a frame's head is not trusted with memory.
    maker.expected += Math.min(rows, Math.ceil(payload.length / PREFIX))
    makers.set(key, maker)
  }
  const duplicates: Record<FrameKind, number> = { event: 0, touchpoint: 0, rejected: 0 }
  const unreadable: UnreadableLine[] = []
  let bytes = 0
  for (const frame of frames) {
    const maker = makers.get(`${frame.kind} ${frame.encoding}`)
    bytes += frame.payload.length
    if (frame.encoding === PACKED) maker?.addPacked(frame, unreadable)
    else maker?.addLines(frame, logId, unreadable)
  }
  const parts: BatchPart[] = []
  for (const kind of FRAME_KINDS) {
    for (const maker of makers.values()) {
      if (maker.kind !== kind) continue
      duplicates[kind] += maker.duplicates
      parts.push(maker.finish())
    }
  }
  const { position: from, appendedAt: oldestAppendedAt } = first
  return { from, next: last.next, oldestAppendedAt, bytes, frames, parts, duplicates, unreadable }
}

class PartMaker {
  readonly kind: FrameKind
  expected = 0
  duplicates = 0
  private readonly encoding: Frame['encoding']
  private readonly seen: Pick<SeenIds, 'see'>
  private readonly mark: number
  private readonly perhaps: number[] = []
  private made: RowsBuilder | undefined

  constructor(kind: FrameKind, encoding: Frame['encoding'], seen: Pick<SeenIds, 'see'>) {
    this.kind = kind
    this.encoding = encoding
    this.seen = seen
    this.mark = KIND_MARKS[kind]
  }

  addPacked({ payload, rows, position, kind }: Frame, unreadable: UnreadableLine[]): void {
    if (!packed.isSoundPacked(payload, rows) || hasShortRow(payload, rows)) {
      unreadable.push({ kind, position, line: payload })
      return
    }
    const { builder, seen, mark, perhaps } = this
    builder.begin({ bytes: payload, position })
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const low = Number(position & 0xffff_ffffn)
    const high = Number(position >> 32n)
    let start = packed.rowsStart(rows)
    for (let row = 0; row < rows; row += 1) {
      const entry = row * packed.INDEX_ENTRY
      const length = view.getUint32(entry + packed.INDEX_LENGTH_AT, true)
      view.setUint32(start, low, true)
      view.setUint32(start + 4, high, true)
      const a = view.getInt32(entry, true)
      const b = view.getInt32(entry + 4, true)
      const c = view.getInt32(entry + 8, true)
      const d = view.getInt32(entry + 12, true)
      const verdict = seen.see(a, b, c ^ mark, d)
      if (verdict === REPEATED) {
        this.duplicates += 1
      } else {
        if (verdict === PERHAPS) perhaps.push(builder.size)
        builder.add(a, b, c, d, start, length)
      }
      start += length
    }
  }

  addLines({ kind, payload, position }: Frame, logId: string, unreadable: UnreadableLine[]): void {
    const { builder } = this
    const tail = Buffer.from(`,"log_id":${JSON.stringify(logId)},"log_position":${position}}\n`)
    let lines = 1
    for (let at = payload.indexOf(LINE_FEED); at !== -1; at = payload.indexOf(LINE_FEED, at + 1)) lines += 1
    const bytes = Buffer.allocUnsafeSlow(payload.length + lines * tail.length)
    builder.begin({ bytes, position })
    let filled = 0
    for (let start = 0; start < payload.length; ) {
      const feed = payload.indexOf(LINE_FEED, start)
      const end = feed === -1 ? payload.length : feed
      if (end > start) {
        if (!isLine(payload, start, end)) {
          unreadable.push({ kind, position, line: Buffer.from(payload.subarray(start, end)) })
        } else {
          const length = end - 1 - start - PREFIX + tail.length
          const word = (i: number) => hexWord(payload, start + i * 8)
          if (this.addRow(word(0), word(1), word(2), word(3), filled, length)) {
            payload.copy(bytes, filled, start + PREFIX, end - 1)
            tail.copy(bytes, filled + length - tail.length)
            filled += length
          }
        }
      }
      start = end + 1
    }
  }

  finish(): BatchPart {
    return { set: this.builder.finish(), perhaps: this.perhaps }
  }

  private get builder(): RowsBuilder {
    this.made ??= new RowsBuilder(this.kind, this.encoding, this.expected)
    return this.made
  }

  /** @returns whether the row stays */
  private addRow(a: number, b: number, c: number, d: number, start: number, length: number): boolean {
    const verdict = this.seen.see(a, b, c ^ this.mark, d)
    if (verdict === REPEATED) {
      this.duplicates += 1
      return false
    }
    if (verdict === PERHAPS) this.perhaps.push(this.builder.size)
    this.builder.add(a, b, c, d, start, length)
    return true
  }
}

/** Whether a packed row has no room for the position that it begins with: then none of the frame's rows is to be trusted. */
function hasShortRow(payload: Buffer, rows: number): boolean {
  for (let row = 0; row < rows; row += 1) if (packed.rowLength(payload, row) < 8) return true
  return false
}

/** Whether the bytes have the shape `<32 hex> {…}`. */
export function isLine(line: Buffer, start: number, end: number): boolean {
  if (end - start < PREFIX + 2 || line[start + 32] !== 0x20) return false
  if (line[start + PREFIX] !== 0x7b || line[end - 1] !== 0x7d) return false
  for (let i = start; i < start + 32; i += 1) if ((HEX[line[i] ?? 0] ?? 255) > 15) return false
  return true
}

/** Eight hex digits as the signed little-endian number of their four bytes. */
export function hexWord(line: Buffer, start: number): number {
  let value = 0
  for (let i = 0; i < 4; i += 1) {
    const byte = ((HEX[line[start + i * 2] ?? 0] ?? 0) << 4) | (HEX[line[start + i * 2 + 1] ?? 0] ?? 0)
    value |= byte << (i * 8)
  }
  return value
}
