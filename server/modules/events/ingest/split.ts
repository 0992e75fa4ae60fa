import { AppError } from '#server/platform/errors.ts'
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  ENDS_TEXT,
  LINE_FEED,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  trimEnd,
} from './scan/bytes.ts'

/** Contract: at most 10,000 events a request. */
export const MOST_ITEMS = 10_000

function tooMany(): AppError {
  return new AppError('too_large', `A request may hold at most ${MOST_ITEMS} events. Send the rest in another one.`)
}

/** Where the lines or array items of a body stand. None of them is blank; nothing more is known about them. */
export interface Split {
  count: number
  /** Three numbers an item: its first byte, its last byte plus one, and its line or array place from 0. */
  places: number[]
  /** The items are lines: one that cannot be read does no harm to the others. */
  lines: boolean
}

function add(split: Split, start: number, end: number, index: number): void {
  if (split.count === MOST_ITEMS) throw tooMany()
  split.places.push(start, end, index)
  split.count += 1
}

/** Behind a byte order mark, if there is one. */
function textStart(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0
}

/** Whether a line says nothing; other white space than JSON's counts as blank too. */
function isBlank(body: Buffer, start: number, end: number): boolean {
  if (start < end && (body[start] as number) > 0x20 && (body[start] as number) < 0x80) return false
  return skipSpace(body, start, end) === end || body.toString('utf8', start, end).trim() === ''
}

/**
 * Finds the lines of NDJSON. Blank lines are skipped but counted in the indexes.
 * @throws AppError `too_large` past 10,000 lines
 */
export function splitLines(body: Buffer): Split {
  const split: Split = { count: 0, places: [], lines: true }
  let start = textStart(body)
  for (let index = 0; start < body.length; index += 1) {
    let end = body.indexOf(LINE_FEED, start)
    if (end === -1) end = body.length
    if (!isBlank(body, start, end)) add(split, start, end, index)
    start = end + 1
  }
  return split
}

/**
 * Finds the items of a JSON array; any other JSON is one item. Whether the items themselves are JSON is not looked at: the
 * body is right when each of them is.
 * @returns `null` for what is surely no JSON
 * @throws AppError `too_large` past 10,000 items
 */
export function splitJson(body: Buffer): Split | null {
  const split: Split = { count: 0, places: [], lines: false }
  const first = textStart(body)
  const end = trimEnd(body, first, body.length)
  let at = skipSpace(body, first, end)
  if (at === end) return null
  if (body[at] !== OPEN_BRACKET) {
    add(split, at, end, 0)
    return split
  }
  at = skipSpace(body, at + 1, end)
  if (body[at] === CLOSE_BRACKET && at === end - 1) return split
  for (let index = 0; ; index += 1) {
    const behind = behindItem(body, at, end)
    if (behind === end || skipSpace(body, at, behind) === behind) return null
    add(split, at, behind, index)
    if (body[behind] === CLOSE_BRACKET) return behind === end - 1 ? split : null
    at = skipSpace(body, behind + 1, end)
  }
}

/** Bytes that matter for where an item ends. */
const STRUCTURE = new Uint8Array(256)
for (const byte of [QUOTE, OPEN_BRACE, OPEN_BRACKET, CLOSE_BRACE, CLOSE_BRACKET, COMMA]) STRUCTURE[byte] = 1

/** The place of the comma or bracket that ends an item; `end` when there is none. */
function behindItem(body: Buffer, start: number, end: number): number {
  let depth = 0
  for (let at = start; at < end; at += 1) {
    const byte = body[at] as number
    if (STRUCTURE[byte] === 0) continue
    if (byte === QUOTE) {
      at += 1
      while (at < end && body[at] !== QUOTE) {
        if (ENDS_TEXT[body[at] as number] === 1 && body[at] === BACKSLASH) at += 1
        at += 1
      }
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1
    } else if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) {
      return at
    } else if (byte !== COMMA) {
      depth -= 1
    }
  }
  return end
}
