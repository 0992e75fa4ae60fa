import type { Viewed } from './bytes.ts'
import * as byte from './bytes.ts'
import * as put from './put.ts'

// Known when the code is compiled: see event.ts.
const { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, isSpace, MINUS, OPEN_BRACE, OPEN_BRACKET } = byte
const { POINT, QUOTE, skipSpace, textStop } = byte
const { putBytes } = put

/** More keys in one object, nested ones included, are left to the careful path: duplicates are looked for pair by pair. */
const MOST_KEYS = 64
/** Most significant digits that every decimal keeps on its way through a JavaScript number. */
const SAFE_DIGITS = 15

const keyHashes = new Int32Array(MOST_KEYS)
/** By depth: 1 for an array, and the number of the object, so that equal keys of two objects are no duplicates. */
const inArray = new Uint8Array(64)
const objectNumber = new Int32Array(64)

/** What `scanObject` found beside the end. */
const foundHere = { empty: false, spaced: false }
export const found = foundHere

/** Escapes that are written back as they came: `"`, `\`, b, f, n, r, t. */
const SAME_ESCAPE = new Uint8Array(256)
for (const letter of '"\\bfnrt') SAME_ESCAPE[letter.charCodeAt(0)] = 1

/**
 * Walks over a JSON object without building it. Accepted is only what `JSON.stringify(JSON.parse(it))` gives back byte for
 * byte, white space apart: no duplicate keys, no keys that begin with a digit (they would move), no number or escape that
 * would be written otherwise.
 * @param at place of the opening brace
 * @param end last place of the text plus one; the byte before it must be a closing brace
 * @param deepest most levels of objects and arrays in one another; the object itself is the first
 * @returns the place behind the object, -1 where the careful path must look; `found` says more about it
 */
export function scanObject(source: Viewed, at: number, end: number, deepest: number): number {
  const { bytes } = source
  let place = at + 1
  let depth = 0
  let keys = 0
  let objects = 0
  let array = false
  let first = true
  let seed = 0
  inArray[0] = 0
  objectNumber[0] = 0
  foundHere.spaced = false
  foundHere.empty = false
  for (;;) {
    // At the beginning of a member or element, or at the end of a container without any.
    if ((bytes[place] as number) <= 0x20) {
      place = skipSpace(bytes, place, end)
      foundHere.spaced = true
    }
    const closing = array ? CLOSE_BRACKET : CLOSE_BRACE
    let isValue = false
    if (first && bytes[place] === closing) {
      foundHere.empty = depth === 0
    } else {
      if (!array) {
        if (bytes[place] !== QUOTE || keys === MOST_KEYS) return -1
        place += 1
        const digit = (bytes[place] as number) - 0x30
        if (digit >= 0 && digit <= 9) return -1
        const name = place
        place = textStop(source, name, end)
        if (place >= end || bytes[place] !== QUOTE) return -1
        const hash = hashOf(source, name, place, seed)
        for (let i = 0; i < keys; i += 1) if (keyHashes[i] === hash) return -1
        keyHashes[keys++] = hash
        place += 1
        if ((bytes[place] as number) <= 0x20) {
          place = skipSpace(bytes, place, end)
          foundHere.spaced = true
        }
        if (bytes[place] !== COLON) return -1
        place += 1
        if ((bytes[place] as number) <= 0x20) {
          place = skipSpace(bytes, place, end)
          foundHere.spaced = true
        }
      }
      const sign = bytes[place] as number
      if (sign === OPEN_BRACE || sign === OPEN_BRACKET) {
        depth += 1
        if (depth >= deepest || depth >= inArray.length) return -1
        array = sign === OPEN_BRACKET
        if (!array) seed = Math.imul(++objects, 0x9e37_79b1)
        inArray[depth] = array ? 1 : 0
        objectNumber[depth] = objects
        first = true
        place += 1
        continue
      }
      place = scanScalar(source, place, end)
      if (place === -1) return -1
      isValue = true
    }
    // Behind a value, or at the closing sign of an empty container.
    for (;;) {
      if (place >= end) return -1
      if ((bytes[place] as number) <= 0x20) {
        place = skipSpace(bytes, place, end)
        foundHere.spaced = true
        if (place >= end) return -1
      }
      if (isValue && bytes[place] === COMMA) {
        place += 1
        first = false
        break
      }
      if (bytes[place] !== (array ? CLOSE_BRACKET : CLOSE_BRACE)) return -1
      place += 1
      if (depth === 0) return place
      depth -= 1
      array = inArray[depth] === 1
      seed = Math.imul(objectNumber[depth] as number, 0x9e37_79b1)
      isValue = true
    }
  }
}

/** A hash of a key, so that duplicates are found; unequal ones with the same hash only cost the careful path. */
function hashOf({ bytes, view }: Viewed, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start)
  let place = start
  for (; place <= end - 4; place += 4) hash = Math.imul(hash ^ view.getInt32(place, true), 0x85eb_ca6b) ^ (hash >>> 15)
  for (; place < end; place += 1) hash = Math.imul(hash ^ (bytes[place] as number), 16_777_619)
  return hash
}

/** Behind a text, number or literal that would be written back as it is; -1 where it would not. */
function scanScalar(source: Viewed, at: number, end: number): number {
  const { bytes } = source
  const sign = bytes[at] as number
  if (sign === QUOTE) return scanSameText(source, at + 1, end)
  if (sign === 0x74) return isWord(bytes, at, 0x72, 0x75, 0x65) ? at + 4 : -1
  if (sign === 0x66) return bytes[at + 1] === 0x61 && isWord(bytes, at + 1, 0x6c, 0x73, 0x65) ? at + 5 : -1
  if (sign === 0x6e) return isWord(bytes, at, 0x75, 0x6c, 0x6c) ? at + 4 : -1
  return scanSameNumber(bytes, at)
}

/** Whether three given bytes stand behind a place. */
export function isWord(bytes: Buffer, at: number, second: number, third: number, fourth: number): boolean {
  return bytes[at + 1] === second && bytes[at + 2] === third && bytes[at + 3] === fourth
}

/** Behind the closing quote of a text whose escapes are written back as they came; -1 otherwise. */
function scanSameText(source: Viewed, at: number, end: number): number {
  const { bytes } = source
  let place = at
  for (;;) {
    place = textStop(source, place, end)
    if (place >= end) return -1
    if (bytes[place] === QUOTE) return place + 1
    if (bytes[place] !== BACKSLASH || SAME_ESCAPE[bytes[place + 1] as number] !== 1) return -1
    place += 2
  }
}

/** Behind a number that JavaScript writes as it stands here; -1 otherwise. */
function scanSameNumber(bytes: Buffer, at: number): number {
  let place = at
  const negative = bytes[place] === MINUS
  if (negative) place += 1
  const start = place
  let digit = (bytes[place] as number) - 0x30
  if (!(digit >= 0 && digit <= 9)) return -1
  const zero = digit === 0
  do {
    place += 1
    digit = (bytes[place] as number) - 0x30
  } while (digit >= 0 && digit <= 9)
  const whole = place - start
  if (zero && whole > 1) return -1
  if (bytes[place] !== POINT) {
    // -0 is written 0.
    return whole > SAFE_DIGITS || (zero && negative) ? -1 : place
  }
  const fraction = place + 1
  let leadingZeros = 0
  let onlyZeros = true
  place = fraction
  digit = (bytes[place] as number) - 0x30
  while (digit >= 0 && digit <= 9) {
    if (digit !== 0) onlyZeros = false
    else if (onlyZeros) leadingZeros += 1
    place += 1
    digit = (bytes[place] as number) - 0x30
  }
  const digits = place - fraction
  // 1.50 is written 1.5, and 0.0000001 is written 1e-7.
  if (digits === 0 || bytes[place - 1] === 0x30 || whole + digits > SAFE_DIGITS || (zero && leadingZeros > 5)) return -1
  return place
}

/**
 * Copies a JSON text that `scanObject` accepted, without the white space between its tokens.
 * @returns the place behind it
 */
export function putCompact(out: Viewed, at: number, source: Viewed, start: number, end: number): number {
  const from = source.bytes
  let to = at
  let place = start
  while (place < end) {
    const byte = from[place] as number
    if (byte === QUOTE) {
      const open = place
      place += 1
      while (from[place] !== QUOTE) place += from[place] === BACKSLASH ? 2 : 1
      place += 1
      to = putBytes(out, to, source, open, place - open)
    } else {
      if (!isSpace(byte)) out.bytes[to++] = byte
      place += 1
    }
  }
  return to
}
