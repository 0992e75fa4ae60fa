import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digests, md5Pair, message, SECOND_TEXT } from './md5.ts'

function hashed(first: Uint8Array, second: Uint8Array): string[] {
  message.bytes.set(first)
  message.bytes.set(second, SECOND_TEXT)
  md5Pair(first.length, second.length)
  return [digests.bytes.toString('hex', 0, 16), digests.bytes.toString('hex', 16)]
}

const expected = (...texts: Uint8Array[]) => texts.map((text) => hash('md5', text, 'hex'))

describe('md5', () => {
  it('is the one that others compute, for both texts, whatever was hashed before', () => {
    const text = fc.uint8Array({ maxLength: 500 })
    fc.assert(
      fc.property(text, text, (first, second) => {
        expect(hashed(first, second)).toEqual(expected(first, second))
      }),
      { numRuns: 500 },
    )
  })

  it('is so for every length around the ends of blocks, and for the longest, beside any other', () => {
    const lengths = [...Array(200).keys(), 2_040, 2_047, 2_048]
    for (const [i, length] of lengths.entries()) {
      const first = Buffer.alloc(length, 0xa5)
      const second = Buffer.alloc(lengths[(i * 37) % lengths.length] ?? 0, 0x5a)
      expect(hashed(first, second)).toEqual(expected(first, second))
      expect(hashed(second, first)).toEqual(expected(second, first))
    }
  })

  it('refuses texts that have no room', () => {
    expect(() => md5Pair(2_049, 0)).toThrow(RangeError)
    expect(() => md5Pair(0, 2_049)).toThrow(RangeError)
  })
})
