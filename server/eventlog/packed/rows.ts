import { hash } from 'node:crypto'
import { type FrameInput, PACKED } from '../types.ts'
import { PACKED_EVENT_COLUMNS, type PackedType } from './columns.ts'
import { INDEX_ENTRY, INDEX_KEY_AT, INDEX_LENGTH_AT, rowLength, rowsStart } from './layout.ts'

/** A packed row as values: text, times in Unix milliseconds, money as decimal text, positions as bigint. */
export type UnpackedRow = Record<string, string | number | bigint | boolean | null>

const MILLIONTHS = 1_000_000n

/** Millionths as decimal text without needless zeros: 1990000n is `1.99`. */
function decimalOf(millionths: bigint): string {
  const sign = millionths < 0n ? '-' : ''
  const size = millionths < 0n ? -millionths : millionths
  const fraction = String(size % MILLIONTHS)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return `${sign}${size / MILLIONTHS}${fraction === '' ? '' : `.${fraction}`}`
}

/** Decimal text with at most six places after the point, as millionths. */
export function millionthsOf(decimal: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(decimal) ?? []
  const size = BigInt(whole) * MILLIONTHS + BigInt(fraction.padEnd(6, '0') || '0')
  return sign === '-' ? -size : size
}

/** Reads the values of one packed event row. @throws RangeError when the bytes end within a value */
export function unpackRow(bytes: Buffer): UnpackedRow {
  let at = 0
  const text = () => {
    let length = 0
    let factor = 1
    for (;;) {
      const byte = bytes.readUInt8(at++)
      length += (byte & 0x7f) * factor
      if (byte < 0x80) break
      factor *= 128
    }
    const value = bytes.toString('utf8', at, at + length)
    at += length
    return value
  }
  const int64 = () => {
    at += 8
    return bytes.readBigInt64LE(at - 8)
  }
  const isNull = () => bytes.readUInt8(at++) === 1
  const read: Record<PackedType, () => UnpackedRow[string]> = {
    text,
    position: () => BigInt.asUintN(64, int64()),
    time: () => Number(int64()),
    'optional time': () => (isNull() ? null : Number(int64())),
    flag: () => bytes.readUInt8(at++) === 1,
    'optional money': () => (isNull() ? null : decimalOf(int64())),
  }
  return Object.fromEntries(PACKED_EVENT_COLUMNS.map(([name, type]) => [name, read[type]()]))
}

/** Every row of a packed payload. */
export function unpackRows(payload: Buffer, rows: number): UnpackedRow[] {
  let at = rowsStart(rows)
  return Array.from({ length: rows }, (_, row) => {
    const end = at + rowLength(payload, row)
    const values = unpackRow(payload.subarray(at, end))
    at = end
    return values
  })
}

/**
 * Packs one row, plainly. Columns that are not given are empty, null or 0; the collector's hot path writes the same bytes.
 * @param row text, times as Unix milliseconds, `revenue` as decimal text
 */
export function packRow(row: UnpackedRow): Buffer {
  const parts: Buffer[] = []
  const text = (value: string) => {
    const bytes = Buffer.from(value)
    const length: number[] = []
    let rest = bytes.length
    for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128)
    parts.push(Buffer.from([...length, rest]), bytes)
  }
  const int64 = (value: bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt.asIntN(64, value))
    parts.push(bytes)
  }
  const optional = (value: bigint | undefined) => {
    parts.push(Buffer.from([value === undefined ? 1 : 0]))
    if (value !== undefined) int64(value)
  }
  const write: Record<PackedType, (value: UnpackedRow[string]) => void> = {
    text: (value) => text(String(value ?? '')),
    position: (value) => int64(BigInt(value ?? 0)),
    time: (value) => int64(BigInt(value ?? 0)),
    'optional time': (value) => optional(value === null ? undefined : BigInt(value)),
    flag: (value) => parts.push(Buffer.from([value === true ? 1 : 0])),
    'optional money': (value) => optional(value === null ? undefined : millionthsOf(String(value))),
  }
  for (const [name, type] of PACKED_EVENT_COLUMNS) write[type](row[name] ?? null)
  return Buffer.concat(parts)
}

/** Packs rows into a frame, plainly: for programs that write few, and for comparing the hot path with. */
export function packFrame(rows: readonly UnpackedRow[], keyOf: (row: UnpackedRow) => number = () => 0): FrameInput {
  const packed = rows.map(packRow)
  const index = Buffer.alloc(rows.length * INDEX_ENTRY)
  for (const [i, row] of rows.entries()) {
    const at = i * INDEX_ENTRY
    index.write(hash('md5', `${row.app_id}\n${row.event_id}`, 'hex'), at, 'hex')
    index.writeUInt32LE(packed[i]?.length ?? 0, at + INDEX_LENGTH_AT)
    index.writeUInt32LE(keyOf(row), at + INDEX_KEY_AT)
  }
  return { kind: 'event', encoding: PACKED, rows: rows.length, payload: Buffer.concat([index, ...packed]) }
}
