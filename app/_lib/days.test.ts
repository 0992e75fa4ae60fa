import { describe, expect, it } from 'vitest'
import { addDays, dayStart, daysBetween, eachDay, isDay, presetRange, todayIn } from './days.ts'

describe('calendar days', () => {
  it('stay whole over a change to summer time', () => {
    expect(addDays('2026-03-28', 2)).toBe('2026-03-30')
    expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2)
    expect(eachDay('2026-10-24', '2026-10-27')).toEqual(['2026-10-24', '2026-10-25', '2026-10-26'])
  })

  it('are read on the calendar of the zone, not of the machine', () => {
    const lateEvening = Date.parse('2026-11-22T23:30:00Z')
    expect(todayIn('UTC', lateEvening)).toBe('2026-11-22')
    expect(todayIn('Asia/Tokyo', lateEvening)).toBe('2026-11-23')
    expect(todayIn('America/Los_Angeles', lateEvening)).toBe('2026-11-22')
  })

  it('refuse texts that name no day', () => {
    expect(isDay('2026-02-29')).toBe(false)
    expect(isDay('2028-02-29')).toBe(true)
    expect(isDay('2026-2-1')).toBe(false)
    expect(isDay('yesterday')).toBe(false)
  })

  it('make presets that include today and end exclusively', () => {
    expect(presetRange('7d', '2026-11-22')).toEqual({ from: '2026-11-16', to: '2026-11-23' })
    expect(presetRange('yesterday', '2026-01-01')).toEqual({ from: '2025-12-31', to: '2026-01-01' })
  })
})

it.each([
  ['2026-11-22', 'UTC', '2026-11-22T00:00:00.000Z'],
  ['2026-11-22', 'Europe/Berlin', '2026-11-21T23:00:00.000Z'],
  ['2026-07-01', 'America/Los_Angeles', '2026-07-01T07:00:00.000Z'],
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
  ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
  ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z'],
  ['2026-11-22', 'Asia/Kolkata', '2026-11-21T18:30:00.000Z'],
  // The clock goes from 00:00 to 01:00 that night, and back over midnight in autumn.
  ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
  ['2026-04-05', 'America/Santiago', '2026-04-05T04:00:00.000Z'],
  ['2026-11-22', 'Pacific/Kiritimati', '2026-11-21T10:00:00.000Z'],
])('%s in %s begins at %s', (day, zone, start) => {
  expect(new Date(dayStart(day, zone)).toISOString()).toBe(start)
  expect(todayIn(zone, dayStart(day, zone))).toBe(day)
  expect(todayIn(zone, dayStart(day, zone) - 1)).toBe(addDays(day, -1))
})
