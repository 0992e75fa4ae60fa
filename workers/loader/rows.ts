import { createHash } from 'node:crypto'
import type { FrameEncoding, FrameKind } from '#server/eventlog/index.ts'
import { discard } from '#server/platform/memory.ts'

/** What the rows of one frame share. */
export interface RowsSource {
  bytes: Buffer
  position: bigint
}

/** Rows of one kind and encoding, as places in the bytes of their frames: nothing is copied until rows are left out. */
export interface RowSet {
  kind: FrameKind
  encoding: FrameEncoding
  rows: number
  sources: readonly RowsSource[]
  /** Of row i: four signed 32-bit words, little-endian, of the hash as it stands in the log. */
  hashes: Int32Array
  /** Of row i: its source, where it begins there, and its length in bytes. */
  source: Uint32Array
  start: Uint32Array
  length: Uint32Array
}

/** A RowSet that takes more rows. */
export class RowsBuilder {
  private readonly kind: FrameKind
  private readonly encoding: FrameEncoding
  private readonly sources: RowsSource[] = []
  private rows = 0
  private hashes: Int32Array
  private source: Uint32Array
  private start: Uint32Array
  private length: Uint32Array

  /** @param expected rows; it grows beyond */
  constructor(kind: FrameKind, encoding: FrameEncoding, expected: number) {
    this.kind = kind
    this.encoding = encoding
    this.hashes = new Int32Array(expected * 4)
    this.source = new Uint32Array(expected)
    this.start = new Uint32Array(expected)
    this.length = new Uint32Array(expected)
  }

  get size(): number {
    return this.rows
  }

  /** The rows that are added from now on stand here. */
  begin(source: RowsSource): void {
    this.sources.push(source)
  }

  add(a: number, b: number, c: number, d: number, start: number, length: number): void {
    const row = this.rows
    if (row === this.start.length) this.grow()
    const at = row * 4
    this.hashes[at] = a
    this.hashes[at + 1] = b
    this.hashes[at + 2] = c
    this.hashes[at + 3] = d
    this.source[row] = this.sources.length - 1
    this.start[row] = start
    this.length[row] = length
    this.rows = row + 1
  }

  finish(): RowSet {
    const { kind, encoding, rows, sources, hashes, source, start, length } = this
    return sliceRows({ kind, encoding, rows, sources, hashes, source, start, length }, 0, rows)
  }

  private grow(): void {
    const size = Math.max(16, this.start.length * 2)
    const larger = (array: Uint32Array) => {
      const copy = new Uint32Array(size)
      copy.set(array)
      return copy
    }
    const hashes = new Int32Array(size * 4)
    hashes.set(this.hashes)
    this.hashes = hashes
    this.source = larger(this.source)
    this.start = larger(this.start)
    this.length = larger(this.length)
  }
}

/** Rows `from` up to before `to`, as views. */
export function sliceRows(set: RowSet, from: number, to: number): RowSet {
  return {
    ...set,
    rows: to - from,
    hashes: set.hashes.subarray(from * 4, to * 4),
    source: set.source.subarray(from, to),
    start: set.start.subarray(from, to),
    length: set.length.subarray(from, to),
  }
}

/** The rows for which `keep` says so; the set itself when it is every one. */
export function filterRows(set: RowSet, keep: (row: number) => boolean): RowSet {
  const chosen = new Uint32Array(set.rows)
  let rows = 0
  for (let row = 0; row < set.rows; row += 1) {
    if (!keep(row)) continue
    chosen[rows] = row
    rows += 1
  }
  return rows === set.rows ? set : pickRows(set, chosen.subarray(0, rows))
}

/** Gives the memory of a set as it was built back at once; nobody may read it, or a part of it, any more. */
export function discardRows({ hashes, source, start, length }: RowSet): void {
  for (const { buffer } of [hashes, source, start, length]) discard(Buffer.from(buffer))
}

/** The rows with these indexes, in the indexes' order. */
export function pickRows(set: RowSet, chosen: Uint32Array): RowSet {
  const rows = chosen.length
  const hashes = new Int32Array(rows * 4)
  const source = new Uint32Array(rows)
  const start = new Uint32Array(rows)
  const length = new Uint32Array(rows)
  for (let i = 0; i < rows; i += 1) {
    const row = chosen[i] ?? 0
    for (let word = 0; word < 4; word += 1) hashes[i * 4 + word] = set.hashes[row * 4 + word] ?? 0
    source[i] = set.source[row] ?? 0
    start[i] = set.start[row] ?? 0
    length[i] = set.length[row] ?? 0
  }
  return { ...set, rows, hashes, source, start, length }
}

/** The bytes of one row. */
export function rowBytes(set: RowSet, row: number): Buffer {
  const start = set.start[row] ?? 0
  const bytes = set.sources[set.source[row] ?? 0]?.bytes ?? Buffer.alloc(0)
  return bytes.subarray(start, start + (set.length[row] ?? 0))
}

/** The 32 hex digits of a row's hash. */
export function hashHex(set: RowSet, row: number): string {
  return hashBytes(set.hashes.subarray(row * 4, row * 4 + 4)).toString('hex')
}

/** Hashes as bytes, without copying. */
export function hashBytes(hashes: Int32Array): Buffer {
  return Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength)
}

/** What an insert of these rows is known by: the same rows in the same order, the same token. */
export function tokenOf(set: RowSet): string {
  return createHash('sha256').update(hashBytes(set.hashes)).digest('hex')
}

/** Runs of at least this many bytes are sent from where they stand; shorter ones are copied together. */
const LONG_RUN = 32 * 1024
const CHUNK = 256 * 1024

/** The rows' bytes one behind the other, in pieces. */
export function bodyOf(set: RowSet): Buffer[] {
  const chunks: Buffer[] = []
  let chunk = Buffer.allocUnsafe(0)
  let filled = 0
  const flush = () => {
    if (filled > 0) chunks.push(chunk.subarray(0, filled))
    chunk = chunk.subarray(filled)
    filled = 0
  }
  const emit = (source: number, from: number, to: number) => {
    const bytes = set.sources[source]?.bytes
    if (!bytes) return
    if (to - from >= LONG_RUN) {
      flush()
      chunks.push(bytes.subarray(from, to))
      return
    }
    if (filled + to - from > chunk.length) {
      flush()
      chunk = Buffer.allocUnsafeSlow(CHUNK)
    }
    bytes.copy(chunk, filled, from, to)
    filled += to - from
  }
  let source = set.source[0] ?? 0
  let from = set.start[0] ?? 0
  let to = from
  for (let row = 0; row < set.rows; row += 1) {
    const start = set.start[row] ?? 0
    if (start !== to || set.source[row] !== source) {
      if (to > from) emit(source, from, to)
      source = set.source[row] ?? 0
      from = start
    }
    to = start + (set.length[row] ?? 0)
  }
  if (to > from) emit(source, from, to)
  flush()
  return chunks
}
