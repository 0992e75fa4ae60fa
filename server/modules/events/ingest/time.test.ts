import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTime, parseTime } from './time.ts'

const EARLIEST = Date.UTC(2000, 0, 1)
const LATEST = Date.UTC(2200, 0, 1) - 1

describe('times', () => {
  it('are written as the clock library writes them, whatever was written before', () => {
    fc.assert(
      fc.property(fc.integer({ min: EARLIEST, max: LATEST }), (time) => {
        expect(formatTime(time)).toBe(new Date(time).toISOString())
      }),
    )
  })

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: EARLIEST, max: LATEST }), (time) => {
        expect(parseTime(formatTime(time), 'event_time')).toBe(time)
        expect(parseTime(time, 'event_time')).toBe(time)
      }),
    )
  })

  it.each([
    ['2026-10-25T12:00:00Z', '2026-10-25T12:00:00.000Z'],
    ['2026-10-25t12:00:00z', '2026-10-25T12:00:00.000Z'],
    ['2026-10-25 12:00:00+00:00', '2026-10-25T12:00:00.000Z'],
    ['2026-10-25T12:00:00.1Z', '2026-10-25T12:00:00.100Z'],
    ['2026-10-25T12:00:00.123999999Z', '2026-10-25T12:00:00.123Z'],
    ['2026-10-25T12:00:00.009Z', '2026-10-25T12:00:00.009Z'],
    ['2026-10-25T12:00:00+05:30', '2026-10-25T06:30:00.000Z'],
    ['2026-10-25T12:00:00-11:00', '2026-10-25T23:00:00.000Z'],
    ['2028-02-29T12:00:00Z', '2028-02-29T12:00:00.000Z'],
    ['2026-12-31T23:59:60Z', '2027-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(formatTime(parseTime(text, 'event_time'))).toBe(expected)
  })

  it('drop fractions of a millisecond', () => {
    expect(parseTime(1_795_000_000_000.9, 'event_time')).toBe(1_795_000_000_000)
  })
})
