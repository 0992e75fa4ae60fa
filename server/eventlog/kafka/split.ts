import { INDEX_ENTRY, INDEX_KEY_AT, rowLength, rowsStart } from '../packed/index.ts'
import { type FrameInput, PACKED } from '../types.ts'

/** A frame whose rows all belong to one partition. */
export interface PartitionFrame {
  partition: number
  frame: FrameInput
}

/** Where a row stands in its frame's payload. */
interface Row {
  /** Place in the index; of no meaning for lines. */
  row: number
  from: number
  to: number
}

/**
 * Splits a frame by partition and by size. Packed events go by their key, the device, so that one device stays in order.
 * Lines (touchpoints, refused events) go by the hash of their id: their order means nothing, but a repeated one must
 * come to the partition, and with it to the loader, that knows it.
 * @param maxBytes longest payload of a part; a longer single row stays as it is
 */
export function splitFrame(frame: FrameInput, partitions: number, maxBytes: number): PartitionFrame[] {
  const packed = frame.encoding === PACKED
  const groups = packed ? packedRows(frame, partitions) : lines(frame, partitions)
  const parts: PartitionFrame[] = []
  for (const [partition, rows] of groups) {
    if (groups.size === 1 && frame.payload.length <= maxBytes) return [{ partition, frame }]
    for (const chunk of chunks(rows, maxBytes - (packed ? 0 : 1), packed ? INDEX_ENTRY : 0)) {
      const payload = packed ? packedPayload(frame.payload, chunk) : linesPayload(frame.payload, chunk)
      parts.push({ partition, frame: { ...frame, rows: chunk.length, payload } })
    }
  }
  return parts
}

function add(groups: Map<number, Row[]>, partition: number, row: Row): void {
  const rows = groups.get(partition)
  if (rows) rows.push(row)
  else groups.set(partition, [row])
}

function packedRows({ payload, rows }: FrameInput, partitions: number): Map<number, Row[]> {
  const groups = new Map<number, Row[]>()
  let from = rowsStart(rows)
  for (let row = 0; row < rows; row += 1) {
    const to = from + rowLength(payload, row)
    add(groups, payload.readUInt32LE(row * INDEX_ENTRY + INDEX_KEY_AT) % partitions, { row, from, to })
    from = to
  }
  return groups
}

const LINE_FEED = 10

function lines({ payload }: FrameInput, partitions: number): Map<number, Row[]> {
  const groups = new Map<number, Row[]>()
  for (let from = 0; from < payload.length; ) {
    const end = payload.indexOf(LINE_FEED, from)
    const to = end === -1 ? payload.length : end + 1
    // Eight of the 32 hex characters in front; a line without them is no row, and the loader puts it aside.
    const key = Number.parseInt(payload.toString('latin1', from, from + 8), 16) || 0
    add(groups, key % partitions, { row: -1, from, to })
    from = to
  }
  return groups
}

function* chunks(rows: readonly Row[], maxBytes: number, extra: number): Generator<Row[]> {
  let chunk: Row[] = []
  let bytes = 0
  for (const row of rows) {
    const size = row.to - row.from + extra
    if (chunk.length > 0 && bytes + size > maxBytes) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(row)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}

function packedPayload(source: Buffer, rows: readonly Row[]): Buffer {
  const bytes = rows.reduce((sum, { from, to }) => sum + INDEX_ENTRY + to - from, 0)
  const target = Buffer.allocUnsafe(bytes)
  let at = rowsStart(rows.length)
  for (const [place, { row, from, to }] of rows.entries()) {
    source.copy(target, place * INDEX_ENTRY, row * INDEX_ENTRY, (row + 1) * INDEX_ENTRY)
    at += source.copy(target, at, from, to)
  }
  return target
}

function linesPayload(source: Buffer, rows: readonly Row[]): Buffer {
  const parts: Buffer[] = []
  for (const { from, to } of rows) {
    parts.push(source.subarray(from, to))
    // The last line of a payload may lack its line feed, and here it need not be the last.
    if (source[to - 1] !== LINE_FEED) parts.push(Buffer.from('\n'))
  }
  return Buffer.concat(parts)
}
