import { describe, expect, it } from 'vitest'
import { parseExactly } from '#server/modules/events/hot.ts'
import { address, amount, contentId, cut, deviceIdentifier, readTime, shortId, words } from './values.ts'

describe('times of other vendors', () => {
  it.each([
    ['2026-03-01T12:00:00.123Z', '2026-03-01T12:00:00.123Z'],
    ['2026-03-01T12:00:00.123456789Z', '2026-03-01T12:00:00.123Z'],
    ['2026-03-01T12:00:00+02:00', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T12:00:00-0130', '2026-03-01T13:30:00.000Z'],
    ['2017-01-02T15:04:05.000+0000', '2017-01-02T15:04:05.000Z'],
    ['2017-01-02T15:04:05.000Z+0200', '2017-01-02T13:04:05.000Z'],
    // The plus sign became a blank because nobody encoded it.
    ['2017-01-02T15:04:05.000 0200', '2017-01-02T13:04:05.000Z'],
    ['2026-11-20 10:00:00.1', '2026-11-20T10:00:00.100Z'],
    ['2026-11-20 10:00', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2024-02-29T23:59:60Z', '2024-03-01T00:00:00.000Z'],
    [' 2026-11-20 ', '2026-11-20T00:00:00.000Z'],
  ])('%s', (written, wanted) => {
    expect(new Date(readTime(written, 'time')).toISOString()).toBe(wanted)
  })

  it.each([
    '',
    'now',
    '2026-02-30',
    '2025-02-29T00:00:00Z',
    '2026-13-01',
    '2026-01-01T24:00:00Z',
    '2026-01-01T10:60:00Z',
    '1483363445',
    '20261120',
    '2026-11-20T10:00:00 +2',
  ])('refuses %j, naming the field', (written) => {
    expect(() => readTime(written, 'created_at')).toThrow(
      expect.objectContaining({ code: 'invalid_time', field: 'created_at' }),
    )
  })
})

describe('values', () => {
  it('amounts may be text', () => {
    expect([amount('9.99', 'r'), amount(' -3 ', 'r'), amount('.5', 'r'), amount(4, 'r'), amount(true, 'r')]).toEqual([
      9.99,
      -3,
      0.5,
      4,
      true,
    ])
    for (const written of ['', '1,5', '$3', '1e5', 'NaN', 'Infinity', '0x10', '--1']) {
      expect(() => amount(written, 'r'), written).toThrow(expect.objectContaining({ code: 'wrong_type' }))
    }
  })

  it('ids may be numbers, also such as JavaScript cannot hold', () => {
    const { id } = parseExactly('{"id":123456789012345678901234567890}') as { id: unknown }
    expect([words(id), words(42), words('a'), words(' '), words(''), words(null), words({}), words([])]).toEqual([
      '123456789012345678901234567890',
      '42',
      'a',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('zeros are no identifier and 0.0.0.0 is no address', () => {
    expect(deviceIdentifier('00000000-0000-0000-0000-000000000000')).toBeUndefined()
    expect(deviceIdentifier('00000000-0000-0000-0000-000000000001')).toBe('00000000-0000-0000-0000-000000000001')
    expect([address('0.0.0.0'), address('::1'), address('193.99.144.80 '), address('host'), address(7)]).toEqual([
      undefined,
      '::1',
      '193.99.144.80',
      undefined,
      undefined,
    ])
  })

  it('a long id becomes a short one, the same each time and different for different ids', () => {
    const long = 'x'.repeat(101)
    expect(shortId('x'.repeat(100), 'p')).toBe('x'.repeat(100))
    expect(shortId(long, 'p')).toMatch(/^p_[0-9a-f]{32}$/)
    expect(shortId(long, 'p')).toBe(shortId(long, 'p'))
    expect(shortId(`${long}y`, 'p')).not.toBe(shortId(long, 'p'))
  })

  it('an id from content does not depend on the order of keys', () => {
    expect(contentId({ a: 1, b: [2, { c: 3, d: 4 }] }, 'p')).toBe(contentId({ b: [2, { d: 4, c: 3 }], a: 1 }, 'p'))
    expect(contentId({ a: 1 }, 'p')).not.toBe(contentId({ a: '1' }, 'p'))
  })

  it('describing texts are cut at characters, never in the middle of one', () => {
    expect(cut('😀'.repeat(60), 100)).toBe('😀'.repeat(60))
    expect(cut('😀'.repeat(120), 100)).toBe('😀'.repeat(100))
    expect(cut('a\u0000b\ud800', 100)).toBe('ab\ufffd')
  })
})
