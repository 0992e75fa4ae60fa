import { crc32 } from 'node:zlib'
import { PACKED_SCHEMA } from '../packed/columns.ts'
import { FRAME_KINDS, type FrameEncoding, type FrameInput, type FrameKind, PACKED } from '../types.ts'

/*
 * A segment file is a 16-byte head (magic, segment number as UInt64) and then frames. A frame is a 36-byte head and its
 * payload; all numbers are little-endian:
 *   0 magic (8) · 8 kind (1) · 9 encoding (1) · 10 column list of packed rows (1) · 11 zero (1) · 12 rows (4) · 16 payload length (4) · 20 appended at, ms (8)
 *   28 CRC-32 of bytes 0–27 (4) · 32 CRC-32 of bytes 0–27 and the payload (4)
 * Both magics hold 0xFF and 0xFE, which no UTF-8 text contains: a search for the next frame cannot stop inside a payload.
 */
const SEGMENT_MAGIC = Buffer.from([0xff, 0x55, 0x4d, 0x47, 0xfe, 0x53, 0x45, 0x01])
const FRAME_MAGIC = Buffer.from([0xff, 0x55, 0x4d, 0x47, 0xfe, 0x46, 0x52, 0x01])

export const SEGMENT_HEAD = 16
export const FRAME_HEAD = 36
/** Longest payload of one frame, in bytes; a longer length in a head is damage. */
export const MAX_PAYLOAD = 64 * 1024 * 1024

/** The position of a byte in a log: segment number in the upper 32 bits, offset in the lower. */
export function positionOf(segment: number, offset: number): bigint {
  return (BigInt(segment) << 32n) | BigInt(offset)
}

/** The segment number and offset of a position. */
export function placeOf(position: bigint): { segment: number; offset: number } {
  return { segment: Number(position >> 32n), offset: Number(position & 0xffff_ffffn) }
}

/** The first bytes of a segment file. */
export function encodeSegmentHead(segment: number): Buffer {
  const head = Buffer.alloc(SEGMENT_HEAD)
  SEGMENT_MAGIC.copy(head)
  head.writeBigUInt64LE(BigInt(segment), 8)
  return head
}

/** Place in the list = number in the head. */
const ENCODINGS = ['ndjson', PACKED] as const satisfies readonly FrameEncoding[]

/** The head that stands before a frame's payload. */
export function encodeFrameHead({ kind, rows, payload, encoding = 'ndjson' }: FrameInput, appendedAt: number): Buffer {
  const head = Buffer.alloc(FRAME_HEAD)
  FRAME_MAGIC.copy(head)
  head.writeUInt8(FRAME_KINDS.indexOf(kind), 8)
  head.writeUInt8(ENCODINGS.indexOf(encoding), 9)
  head.writeUInt8(encoding === PACKED ? PACKED_SCHEMA : 0, 10)
  head.writeUInt32LE(rows, 12)
  head.writeUInt32LE(payload.length, 16)
  head.writeBigUInt64LE(BigInt(appendedAt), 20)
  const headSum = crc32(head.subarray(0, 28))
  head.writeUInt32LE(headSum, 28)
  head.writeUInt32LE(crc32(payload, headSum), 32)
  return head
}

/**
 * What stands at an offset. `short`: the bytes end before the frame does, `needed` bytes are its known length.
 * `bad-payload`: the head is right, the payload is not, and `end` is where the next frame should begin.
 */
export type FrameScan =
  | {
      state: 'frame'
      kind: FrameKind
      encoding: FrameEncoding
      rows: number
      appendedAt: number
      payload: Buffer
      end: number
    }
  | { state: 'short'; needed: number }
  | { state: 'bad-head' }
  | { state: 'bad-payload'; end: number }

/**
 * Reads the frame at an offset of a buffer; the payload is a view of the buffer, not a copy.
 * @throws Error for a sound frame that a newer version wrote: stepping over it would lose rows
 */
export function scanFrame(bytes: Buffer, offset: number): FrameScan {
  if (bytes.length - offset < FRAME_HEAD) return { state: 'short', needed: FRAME_HEAD }
  const kind = FRAME_KINDS[bytes.readUInt8(offset + 8)]
  const length = bytes.readUInt32LE(offset + 16)
  const headSum = bytes.readUInt32LE(offset + 28)
  const sound =
    bytes.compare(FRAME_MAGIC, 0, 8, offset, offset + 8) === 0 &&
    headSum === crc32(bytes.subarray(offset, offset + 28)) &&
    length <= MAX_PAYLOAD
  if (!sound) return { state: 'bad-head' }
  const encoding = ENCODINGS[bytes.readUInt8(offset + 9)]
  const columns = bytes.readUInt8(offset + 10)
  if (kind === undefined || encoding === undefined || columns !== (encoding === PACKED ? PACKED_SCHEMA : 0)) {
    throw new Error('The event log holds frames of a newer version of UnMoGrowP. Start that version.')
  }
  const start = offset + FRAME_HEAD
  const end = start + length
  if (end > bytes.length) return { state: 'short', needed: FRAME_HEAD + length }
  const payload = bytes.subarray(start, end)
  if (crc32(payload, headSum) !== bytes.readUInt32LE(offset + 32)) return { state: 'bad-payload', end }
  return {
    state: 'frame',
    kind,
    encoding,
    rows: bytes.readUInt32LE(offset + 12),
    appendedAt: Number(bytes.readBigUInt64LE(offset + 20)),
    payload,
    end,
  }
}

/** Where the next frame with a sound head begins at or after an offset; undefined when there is none. */
export function findFrame(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(FRAME_MAGIC, from); at !== -1; at = bytes.indexOf(FRAME_MAGIC, at + 1)) {
    const scan = scanFrame(bytes, at)
    if (scan.state === 'frame' || scan.state === 'bad-payload') return at
    if (scan.state === 'short' && scan.needed > FRAME_HEAD) return at
  }
  return undefined
}
