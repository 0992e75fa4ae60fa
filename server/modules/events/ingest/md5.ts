import { endianness } from 'node:os'
import * as md5Blocks from './md5-blocks.ts'
import { type Viewed, viewed } from './scan/bytes.ts'

/*
 * MD5 (RFC 1321) of short texts that stand in a buffer of our own, two at a time. Each event's hash is what duplicates are
 * known by, and a call into the runtime for each costs more than computing it here: nothing is allocated.
 */

if (endianness() !== 'LE') throw new Error('UnMoGrowP runs on little-endian processors only.')

const { blocks, words, state } = md5Blocks

/** Longest text in bytes: what is left of a half when it is padded. */
const MOST_BYTES = 2048
const HALF_WORDS = words.length / 2

const texts = viewed(Buffer.from(words.buffer))
const sums = viewed(Buffer.from(state.buffer))

/** The first text to hash begins at 0, the second at `SECOND_TEXT`; what stands behind each is overwritten. */
export const message: Viewed = texts
export const SECOND_TEXT = HALF_WORDS * 4
/** The hashes of the last two texts, one behind the other. */
export const digests: Viewed = sums
export const DIGEST_BYTES = 16

/**
 * Hashes the two texts of `message` into `digests`.
 * @param first bytes of the first text
 * @throws RangeError past 2 KB
 */
export function md5Pair(first: number, second: number): void {
  const firstBlocks = pad(0, first)
  const secondBlocks = pad(HALF_WORDS, second)
  for (let i = 0; i < 8; i += 4) {
    state[i] = 0x6745_2301
    state[i + 1] = 0xefcd_ab89
    state[i + 2] = 0x98ba_dcfe
    state[i + 3] = 0x1032_5476
  }
  const both = Math.min(firstBlocks, secondBlocks)
  for (let i = 0; i < both; i += 1) blocks(i * 16, HALF_WORDS + i * 16)
  if (firstBlocks === secondBlocks) return
  // The shorter one is done: what goes on beside the longer one is not its.
  const done = firstBlocks === both ? 0 : 4
  const kept = state.slice(done, done + 4)
  for (let i = both; i < Math.max(firstBlocks, secondBlocks); i += 1) blocks(i * 16, HALF_WORDS + i * 16)
  state.set(kept, done)
}

/** Puts behind a text what makes it whole blocks. Returns how many. */
function pad(start: number, length: number): number {
  if (length > MOST_BYTES) throw new RangeError('The text to hash is too long.')
  // One bit, and zeros to the end of its word; those that reach into the next one are written over.
  texts.view.setInt32(start * 4 + length, 0x80, true)
  let end = start + (length >> 2) + 1
  const last = start + (((length + 8) >> 6) << 4) + 14
  for (; end < last; end += 1) words[end] = 0
  words[last] = length << 3
  words[last + 1] = 0
  return ((length + 8) >> 6) + 1
}
