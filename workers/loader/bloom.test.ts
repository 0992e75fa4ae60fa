import { randomFillSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BlockedBloom } from './bloom.ts'

const KB = 1024

/** Random 128-bit hashes, four words each. */
function hashes(count: number): Int32Array {
  return randomFillSync(new Int32Array(count * 4))
}
type Words = [number, number, number, number]
const each = (all: Int32Array, use: (...words: Words) => void) => {
  for (let at = 0; at < all.length; at += 4) use(all[at] ?? 0, all[at + 1] ?? 0, all[at + 2] ?? 0, all[at + 3] ?? 0)
}
function found(filter: BlockedBloom, all: Int32Array): number {
  let n = 0
  each(all, (...words) => {
    if (filter.has(...words)) n += 1
  })
  return n
}

describe('the blocked Bloom filter', () => {
  it('finds everything that was added, and at 10 bits a hash about one in 90 of what was not', () => {
    const filter = new BlockedBloom(new Uint32Array((1024 * KB) / 4), 12_345)
    const added = hashes(Math.floor((1024 * KB * 8) / 10))
    each(added, (...words) => filter.add(...words))
    expect(found(filter, added)).toBe(added.length / 4)
    expect(found(filter, hashes(100_000))).toBeLessThan(2_000)
    expect(found(filter, hashes(100_000))).toBeGreaterThan(200)
  })

  it('tells on adding whether a hash was surely absent', () => {
    const filter = new BlockedBloom(new Uint32Array(16 * KB), 99)
    expect(filter.add(1, 2, 3, 4)).toBe(true)
    expect(filter.add(1, 2, 3, 4)).toBe(false)
    expect(filter.has(1, 2, 3, 4)).toBe(true)
  })

  it.each([
    ['its beginning', 1, 0],
    ['its end', 1, 1],
    ['its beginning, four times', 4, 0],
    ['its end, four times', 4, 1],
  ])('finds everything after it was folded to %s', (_, times, end) => {
    const memory = new Uint32Array((1024 * KB) / 4)
    const filter = new BlockedBloom(memory, 7)
    const added = hashes(20_000)
    each(added, (...words) => filter.add(...words))
    const size = memory.length / 2 ** times
    const place = end === 1 ? memory.subarray(memory.length - size) : memory.subarray(0, size)
    filter.fold(times, place)
    const rest = end === 1 ? memory.subarray(0, memory.length - size) : memory.subarray(size)
    rest.fill(0)
    expect(filter.bytes).toBe((1024 * KB) / 2 ** times)
    expect(found(filter, added)).toBe(20_000)
    expect(found(filter, hashes(10_000))).toBeLessThan(times === 1 ? 100 : 5_000)
  })

  it('spreads hashes that share their first word, as somebody would choose them who wants to crowd one block', () => {
    const filter = new BlockedBloom(new Uint32Array((64 * KB) / 4), 77_777)
    const crowd = hashes(5_000)
    for (let at = 0; at < crowd.length; at += 4) crowd[at] = 42
    each(crowd, (...words) => filter.add(...words))
    const others = hashes(10_000)
    for (let at = 0; at < others.length; at += 4) others[at] = 42
    expect(found(filter, others)).toBeLessThan(1_000)
  })
})
