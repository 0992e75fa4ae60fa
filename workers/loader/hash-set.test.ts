import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { HashSet128 } from './hash-set.ts'

type Words = [number, number, number, number]
const words = (text: string): Words => {
  const hash = createHash('md5').update(text).digest()
  return [hash.readUInt32BE(0), hash.readUInt32BE(4), hash.readUInt32BE(8), hash.readUInt32BE(12)]
}
const forever = { windowDays: 8, keepAtLeast: Number.POSITIVE_INFINITY }

describe('the set of 128-bit hashes', () => {
  it('agrees with a plain Set through growth, repeats and deletions', () => {
    const set = new HashSet128(10, forever)
    const model = new Set<string>()
    let state = 7
    const random = (n: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return state % n
    }
    for (let i = 0; i < 20_000; i += 1) {
      const text = `id-${random(7_000)}`
      if (random(4) === 0) expect(set.delete(...words(text))).toBe(model.delete(text))
      else {
        expect(set.add(...words(text), 20_000)).toBe(!model.has(text))
        model.add(text)
      }
    }
    expect(set.size).toBe(model.size)
    for (let i = 0; i < 7_000; i += 1) expect(set.has(...words(`id-${i}`))).toBe(model.has(`id-${i}`))
  })

  it('keeps hashes apart that differ in one word only, the hash of zeros among them', () => {
    const set = new HashSet128(10, forever)
    const near: Words[] = [
      [0, 0, 0, 0],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [0xffff_ffff, 0, 0, 0],
    ]
    for (const hash of near) expect(set.add(...hash, 1)).toBe(true)
    for (const hash of near) expect(set.add(...hash, 1)).toBe(false)
    expect(set.size).toBe(near.length)
  })

  it('forgets days before the window when it grows, and only when it is large', () => {
    const old = 20_000
    const today = old + 9
    const large = new HashSet128(10, { windowDays: 8, keepAtLeast: 1_000 })
    for (let i = 0; i < 1_000; i += 1) large.add(...words(`old-${i}`), old)
    for (let i = 0; i < 1_000; i += 1) large.add(...words(`kept-${i}`), today - 8)
    for (let i = 0; i < 5_000; i += 1) large.add(...words(`new-${i}`), today)
    expect(large.has(...words('old-1'))).toBe(false)
    for (let i = 0; i < 1_000; i += 1) expect(large.has(...words(`kept-${i}`))).toBe(true)
    expect(large.size).toBe(6_000)

    const small = new HashSet128(10, forever)
    for (let i = 0; i < 1_000; i += 1) small.add(...words(`old-${i}`), old)
    for (let i = 0; i < 5_000; i += 1) small.add(...words(`new-${i}`), today)
    expect(small.has(...words('old-1'))).toBe(true)
  })

  it('remembers an id from its last sight on, not its first', () => {
    const set = new HashSet128(10, { windowDays: 8, keepAtLeast: 10 })
    set.add(...words('returning'), 20_000)
    set.add(...words('returning'), 20_009)
    for (let i = 0; i < 5_000; i += 1) set.add(...words(`new-${i}`), 20_010)
    expect(set.has(...words('returning'))).toBe(true)
  })
})
