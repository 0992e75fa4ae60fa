import type { Viewed } from './bytes.ts'
import * as slot from './draft.ts'
import * as json from './json.ts'
import * as puts from './put.ts'

// Known when the code is compiled: see event.ts.
const { draft, lengths, starts } = slot
const { putCompact } = json
const { putLength, putText } = puts

/** Writes a text of the draft. Returns the place behind it, as all of these do. */
export function put(out: Viewed, at: number, from: Viewed, text: number): number {
  const length = lengths[text] as number
  if (length !== 0) return putText(out, at, from, starts[text] as number, length)
  out.bytes[at] = 0
  return at + 1
}

/** Writes all of some bytes as a text. */
export function putWhole(out: Viewed, at: number, from: Viewed): number {
  return putText(out, at, from, 0, from.bytes.length)
}

/** Writes a text of the draft, or another one where it has none. */
export function putOr(out: Viewed, at: number, from: Viewed, text: number, otherwise: Viewed): number {
  return lengths[text] !== 0 ? put(out, at, from, text) : putWhole(out, at, otherwise)
}

/** Writes a code of ASCII letters, in upper case. */
export function putUpper(out: Viewed, at: number, from: Viewed, text: number): number {
  const start = starts[text] as number
  const length = lengths[text] as number
  out.bytes[at] = length
  for (let i = 0; i < length; i += 1) out.bytes[at + 1 + i] = (from.bytes[start + i] as number) & 0xdf
  return at + 1 + length
}

/** Writes the draft's amount. */
export function putRevenue({ view }: Viewed, at: number): number {
  view.setInt32(at, draft.revenueLow, true)
  view.setInt32(at + 4, draft.revenueHigh, true)
  return at + 8
}

/** Writes a JSON text without the white space between its tokens; how long it gets is known afterwards. */
export function putJson(out: Viewed, at: number, from: Viewed, text: number): number {
  const start = starts[text] as number
  const body = at + 3
  const length = putCompact(out, body, from, start, start + (lengths[text] as number)) - body
  const behind = putLength(out, at, length)
  out.bytes.copyWithin(behind, body, body + length)
  return behind + length
}
