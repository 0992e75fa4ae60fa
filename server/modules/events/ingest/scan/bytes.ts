/*
 * What the scanner and the row writer share: byte classes and finding the end of a text. Places are indexes into a Buffer;
 * casts instead of checks, because every place was compared with the end before.
 */

/** Bytes that are read and written one by one and in words of four, at any place: little-endian. */
export interface Viewed {
  bytes: Buffer
  view: DataView<ArrayBufferLike>
}

/** Bytes with a view of exactly them. */
export function viewed(bytes: Buffer): Viewed {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) }
}

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
const endsText = new Uint8Array(256)
export const ENDS_TEXT = endsText
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

/**
 * The place of the first byte from `at` on that cannot stand in a JSON string as it is: quote, backslash or control
 * character; `end` when there is none. Four bytes at a time: a quarter of the steps that one by one takes.
 */
export function textStop({ bytes, view }: Viewed, at: number, end: number): number {
  let place = at
  for (const last = end - 4; place <= last; place += 4) {
    const word = view.getInt32(place, true)
    const quotes = word ^ 0x2222_2222
    const backslashes = word ^ 0x5c5c_5c5c
    // The high bit of a byte of x - 1 & ~x is set where x is 0, and of x - 0x20 & ~x where x is below 0x20. A borrow may set
    // it in bytes behind such a one too, but only the first matters.
    const stops =
      (((quotes - 0x0101_0101) & ~quotes) |
        ((backslashes - 0x0101_0101) & ~backslashes) |
        ((word - 0x2020_2020) & ~word)) &
      0x8080_8080
    if (stops !== 0) return place + ((31 - Math.clz32(stops & -stops)) >> 3)
  }
  while (place < end && endsText[bytes[place] as number] === 0) place += 1
  return place
}
