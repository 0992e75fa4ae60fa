import type { IngestContext } from '../context.ts'
import type { Viewed } from './bytes.ts'

/*
 * Where the fields of the event before this one stand in the same body. One sender's events have the same names in the same
 * order, written alike, and many of the same values: where this event's bytes are those of the event before, all that was
 * found out about them holds again, and they need not be looked at otherwise.
 *
 * Nothing is remembered from one body to the next, so no sender's events have to do with another's.
 */

/** Most fields of an event, and numbers of each. */
const MOST = 32
const NUMBERS = 4
const HALF = MOST * NUMBERS

/** Of a field: its number, its text's slot (or `NO_TEXT`), where its value begins, where the comma or brace behind it is. */
export const FIELD = 0
export const TEXT_SLOT = 1
export const VALUE_AT = 2
export const NEXT_AT = 3
export const ENTRY = NUMBERS
const table = new Int32Array(2 * HALF)
/** The fields in their order; the halves hold the event before and this one by turns. */
export const entries = table

const NO_SOURCE: Viewed | undefined = undefined
const NO_CONTEXT: IngestContext | undefined = undefined

/** The event before: `source` is set only while the draft is still its. */
export const previous = {
  source: NO_SOURCE as Viewed | undefined,
  context: NO_CONTEXT as IngestContext | undefined,
  /** Its opening brace, and the place behind the closing one. */
  start: 0,
  end: 0,
  /** Where in `entries` its fields stand. */
  first: 0,
  behind: 0,
  /** A bit for each field that it has. */
  seen: 0,
}

/** Where the fields of the other event stand. */
export function otherHalf(first: number): number {
  return first ^ HALF
}

/** Lets go of the body, so that its memory can be used again. */
export function forgetPrevious(): void {
  previous.source = undefined
  previous.context = undefined
}

/** The entry of a field in the event before, from an entry on; -1 where there is none. */
export function findPrevious(field: number, from: number): number {
  if ((previous.seen & (1 << field)) === 0) return -1
  for (let entry = from; entry < previous.behind; entry += NUMBERS) if (table[entry] === field) return entry
  return -1
}

/**
 * How many bytes at least are the same from two places on, the first of them before the second; hardly ever too few.
 * Eight at a time, as floating point numbers: valid UTF-8 is never NaN. What is equal as number is equal in its bytes but for
 * the two zeros, and an event that was accepted holds no NUL.
 */
export function sameBytes({ bytes, view }: Viewed, a: number, aEnd: number, b: number, bEnd: number): number {
  const most = Math.min(aEnd - a, bEnd - b)
  const last = Math.min(most, bytes.length - b - 8)
  let same = 0
  while (same <= last && view.getFloat64(a + same, true) === view.getFloat64(b + same, true)) same += 8
  if (same <= last) {
    let differing = view.getInt32(a + same, true) ^ view.getInt32(b + same, true)
    if (differing === 0) {
      same += 4
      differing = view.getInt32(a + same, true) ^ view.getInt32(b + same, true)
    }
    if (differing !== 0) same += (31 - Math.clz32(differing & -differing)) >> 3
  }
  return Math.min(same, most)
}
