import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENDS_TEXT, textStop, viewed } from './bytes.ts'
import { sameBytes } from './previous.ts'
import { putBytes, putInt64, putText } from './put.ts'

/** Bytes around the ones that end a text, and any others. */
const byte = fc.oneof(fc.constantFrom(0, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0xff), fc.nat(255))
const bytes = fc.array(byte, { maxLength: 40 }).map((all) => Buffer.from(all))

describe('the end of a text', () => {
  it('is where looking byte by byte finds it, wherever the text begins and ends', () => {
    fc.assert(
      fc.property(bytes, fc.nat(40), fc.nat(40), (all, from, to) => {
        const end = Math.min(to, all.length)
        const at = Math.min(from, end)
        let expected = at
        while (expected < end && ENDS_TEXT[all[expected] ?? 0] === 0) expected += 1
        expect(textStop(viewed(all), at, end)).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('what is the same as before', () => {
  it('is what comparing byte by byte says, and at the end of the body never more', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.nat(40),
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.nat(12),
        (text, cut, other, behind) => {
          const first = Buffer.from(text.replaceAll('\0', ''))
          const second = Buffer.from(text.replaceAll('\0', '').slice(0, cut) + other)
          const whole = viewed(Buffer.concat([first, second, Buffer.alloc(behind, 0x7d)]))
          let expected = 0
          while (expected < Math.min(first.length, second.length) && first[expected] === second[expected]) expected += 1
          const same = sameBytes(whole, 0, first.length, first.length, first.length + second.length)
          expect(same).toBeLessThanOrEqual(expected)
          if (behind >= 8) expect(same).toBe(expected)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('writing', () => {
  it('copies exactly the bytes of a text of any length, behind its length', () => {
    for (const length of [...Array(300).keys(), 4_096, 16_384]) {
      const source = Buffer.from(Array.from({ length: length + 2 }, (_, i) => (i * 31) & 255))
      const out = viewed(Buffer.alloc(length + 16, 0xee))
      const end = putText(out, 2, viewed(source), 1, length)
      const head = length < 128 ? 1 : length < 16_384 ? 2 : 3
      expect(end).toBe(2 + head + length)
      expect(out.bytes.subarray(2 + head, end)).toEqual(source.subarray(1, 1 + length))
      expect([...out.bytes.subarray(0, 2), ...out.bytes.subarray(end)].every((each) => each === 0xee)).toBe(true)
      expect(putBytes(out, 0, viewed(source), 0, length)).toBe(length)
    }
  })

  it('puts integers as the runtime does', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const out = viewed(Buffer.alloc(8))
        expect(putInt64(out, 0, value)).toBe(8)
        expect(out.bytes.readBigInt64LE()).toBe(BigInt(value))
      }),
    )
  })
})
