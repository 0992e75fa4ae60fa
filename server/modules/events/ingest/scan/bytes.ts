/*
 * What the scanner and the row writer share: byte classes and copying. Places are indexes into a Buffer; casts instead of
 * checks, because every place was compared with the end before.
 */
export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COMMA = 0x2c
export const COLON = 0x3a
export const MINUS = 0x2d
export const POINT = 0x2e
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
export const LINE_FEED = 0x0a

/** 1 for bytes that cannot stand in a JSON string as they are: quote, backslash, control characters. */
export const ENDS_TEXT = new Uint8Array(256)
for (let byte = 0; byte < 0x20; byte += 1) ENDS_TEXT[byte] = 1
ENDS_TEXT[QUOTE] = 1
ENDS_TEXT[BACKSLASH] = 1

/** Whether a byte is white space between JSON's tokens. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** The place of the first byte from `at` on that is no white space, at most `end`. */
export function skipSpace(bytes: Buffer, at: number, end: number): number {
  let place = at
  while (place < end && isSpace(bytes[place] as number)) place += 1
  return place
}

/** The end of what stands before trailing white space. */
export function trimEnd(bytes: Buffer, start: number, end: number): number {
  let place = end
  while (place > start && isSpace(bytes[place - 1] as number)) place -= 1
  return place
}

/** From here on one native copy costs less than a loop. */
const LONG = 96

/**
 * Copies bytes; the caller made sure of the room.
 * @returns the place behind them
 */
export function putBytes(out: Buffer, at: number, from: Buffer, start: number, length: number): number {
  if (length >= LONG) out.set(from.subarray(start, start + length), at)
  else for (let i = 0; i < length; i += 1) out[at + i] = from[start + i] as number
  return at + length
}

/**
 * Writes a text as RowBinary does: its length in bytes as LEB128, then the bytes.
 * @returns the place behind it
 */
export function putText(out: Buffer, at: number, from: Buffer, start: number, length: number): number {
  return putBytes(out, putLength(out, at, length), from, start, length)
}

/** Writes a length as LEB128. Returns the place behind it. */
export function putLength(out: Buffer, at: number, length: number): number {
  let place = at
  let rest = length
  for (; rest > 127; rest >>>= 7) out[place++] = (rest & 127) | 128
  out[place++] = rest
  return place
}

const WORD = 0x1_0000_0000

/** Writes an integer of at most 53 bits as Int64, little-endian. Returns the place behind it. */
export function putInt64(out: Buffer, at: number, value: number): number {
  const high = Math.floor(value / WORD)
  const low = value - high * WORD
  out[at] = low
  out[at + 1] = low >>> 8
  out[at + 2] = low >>> 16
  out[at + 3] = low >>> 24
  out[at + 4] = high
  out[at + 5] = high >> 8
  out[at + 6] = high >> 16
  out[at + 7] = high >> 24
  return at + 8
}
