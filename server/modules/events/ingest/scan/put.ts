import type { Viewed } from './bytes.ts'

/*
 * Writing into rows. The caller made sure of the room, and that what is copied lies within its source: nothing is read or
 * written beyond, not even within a word.
 */

/** From here on one native copy costs less than a loop. */
const LONG = 256

/**
 * Copies bytes.
 * @returns the place behind them
 */
export function putBytes(out: Viewed, at: number, from: Viewed, start: number, length: number): number {
  if (length >= LONG) {
    out.bytes.set(from.bytes.subarray(start, start + length), at)
  } else if (length >= 4) {
    const to = out.view
    const source = from.view
    const last = length - 4
    let i = 0
    // Whole numbers, which are never written otherwise than they were read; compiled code makes no objects of them.
    for (; i < last - 3; i += 8) to.setBigInt64(at + i, source.getBigInt64(start + i, true), true)
    if (i < last) to.setInt32(at + i, source.getInt32(start + i, true), true)
    // The last word overlaps the one before where the length is no multiple of four.
    to.setInt32(at + last, source.getInt32(start + last, true), true)
  } else {
    for (let i = 0; i < length; i += 1) out.bytes[at + i] = from.bytes[start + i] as number
  }
  return at + length
}

/**
 * Writes a text as RowBinary does: its length in bytes as LEB128, then the bytes.
 * @returns the place behind it
 */
export function putText(out: Viewed, at: number, from: Viewed, start: number, length: number): number {
  if (length > 127) return putBytes(out, putLength(out, at, length), from, start, length)
  out.bytes[at] = length
  return putBytes(out, at + 1, from, start, length)
}

/** Writes a length as LEB128. Returns the place behind it. */
export function putLength(out: Viewed, at: number, length: number): number {
  let place = at
  let rest = length
  for (; rest > 127; rest >>>= 7) out.bytes[place++] = (rest & 127) | 128
  out.bytes[place++] = rest
  return place
}

const WORD = 0x1_0000_0000

/** Writes an integer of at most 53 bits as Int64. Returns the place behind it. */
export function putInt64(out: Viewed, at: number, value: number): number {
  const high = Math.floor(value / WORD)
  out.view.setInt32(at, value - high * WORD, true)
  out.view.setInt32(at + 4, high, true)
  return at + 8
}
