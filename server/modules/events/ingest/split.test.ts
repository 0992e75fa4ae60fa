import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './parse.ts'
import { type Split, splitJson, splitLines } from './split.ts'

const textsOf = (text: string, { places, count }: Split) =>
  Array.from({ length: count }, (_, i) => [
    places[i * 3 + 2],
    Buffer.from(text).toString('utf8', places[i * 3], places[i * 3 + 1]),
  ])

/** JSON texts of arrays, some of them damaged in one place. */
const arrayText = fc
  .tuple(
    fc.array(fc.jsonValue({ stringUnit: 'grapheme' }), { maxLength: 5 }),
    fc.constantFrom(undefined, 1),
    fc.option(fc.tuple(fc.nat(), fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ' ', 'x', '1')), { freq: 2 }),
  )
  .map(([value, spaces, damage]) => {
    const text = JSON.stringify(value, null, spaces)
    if (!damage) return text
    const at = damage[0] % (text.length + 1)
    return (text.slice(0, at) + damage[1] + text.slice(at + (damage[0] % 2))).toWellFormed()
  })

/** Parses with one zero only: -0 is written 0 where a number is not kept as it was sent. */
function plain(text: string): unknown {
  return JSON.parse(text, (_key, each: unknown) => (each === 0 ? 0 : each))
}

function reference(text: string): unknown[] | 'unreadable' {
  try {
    const value = plain(text)
    return Array.isArray(value) ? value : [value]
  } catch {
    return 'unreadable'
  }
}

function parsed(text: string): unknown[] | 'unreadable' {
  try {
    return parseJson(Buffer.from(text)).map(({ value }) => value)
  } catch {
    return 'unreadable'
  }
}

describe('splitting a JSON body', () => {
  it('and parsing its items reads what parsing it whole reads, and refuses what that refuses', () => {
    fc.assert(
      fc.property(arrayText, (text) => {
        // Once more through JSON: numbers that are kept as they were written become plain numbers.
        expect(plain(JSON.stringify(parsed(text)))).toEqual(reference(text))
      }),
      { numRuns: 500 },
    )
  })

  it('finds each item without the white space in front of it', () => {
    const text = ' [ {"a":"],{"} ,\n[1,[2]], 3 ] '
    const split = splitJson(Buffer.from(text))
    expect(split && textsOf(text, split)).toEqual([
      [0, '{"a":"],{"} '],
      [1, '[1,[2]]'],
      [2, '3 '],
    ])
  })
})

describe('splitting lines', () => {
  it('skips blank ones of any white space and counts them all the same', () => {
    const text = '\ufeffa\n\n \t\r\n\u3000\nb\r\n'
    expect(textsOf(text, splitLines(Buffer.from(text)))).toEqual([
      [0, 'a'],
      [4, 'b\r'],
    ])
  })
})
