import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { HashSet128 } from './hash-set.ts'

type Words = [number, number, number, number]
const words = (text: string): Words => {
  const hash = createHash('md5').update(text).digest()
  return [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), hash.readInt32LE(12)]
}

describe('the set of 128-bit hashes', () => {
  it('agrees with a plain Set through growth, repeats and deletions', () => {
    const set = new HashSet128(10_000)
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
        if (i % 2 === 0 && !model.has(text)) set.addNew(...words(text))
        else expect(set.add(...words(text))).toBe(!model.has(text))
        model.add(text)
      }
    }
    expect(set.size).toBe(model.size)
    for (let i = 0; i < 7_000; i += 1) expect(set.has(...words(`id-${i}`))).toBe(model.has(`id-${i}`))
  })

  it('keeps hashes apart that differ in one word only', () => {
    const set = new HashSet128(10)
    const near: Words[] = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [-1, 0, 0, 0],
    ]
    for (const hash of near) expect(set.add(...hash)).toBe(true)
    for (const hash of near) expect(set.add(...hash)).toBe(false)
    expect(set.size).toBe(near.length)
  })

  it('holds the hash of zeros, and gives it up again', () => {
    const set = new HashSet128(10)
    expect(set.has(0, 0, 0, 0)).toBe(false)
    expect(set.add(0, 0, 0, 0)).toBe(true)
    expect(set.add(0, 0, 0, 0)).toBe(false)
    expect(set.delete(0, 0, 0, 0)).toBe(true)
    expect(set.has(0, 0, 0, 0)).toBe(false)
  })

  it('says when it is full, and loses nothing that comes beyond', () => {
    const set = new HashSet128(5_000)
    for (let i = 0; i < 4_999; i += 1) set.add(...words(`id-${i}`))
    expect(set.full).toBe(false)
    for (let i = 4_999; i < 6_000; i += 1) set.add(...words(`id-${i}`))
    expect(set.full).toBe(true)
    for (let i = 0; i < 6_000; i += 1) expect(set.has(...words(`id-${i}`))).toBe(true)
  })
})
