import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { addDays, calendarDay, checkRange, dayInZone, daysBetween, listDays } from './days.ts'

describe('calendar days', () => {
  it('step over leap days, years and changes of the clock', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29')
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31')
    expect(daysBetween('2026-10-24', '2026-10-27')).toBe(3)
    expect(listDays('2026-10-24', '2026-10-27')).toEqual(['2026-10-24', '2026-10-25', '2026-10-26'])
    expect(listDays('2026-10-24', '2026-10-24')).toEqual([])
  })
  it('begin at midnight of their zone', () => {
    const instant = Date.parse('2026-10-24T22:30:00Z')
    expect(dayInZone(instant, 'UTC')).toBe('2026-10-24')
    expect(dayInZone(instant, 'Europe/Berlin')).toBe('2026-10-25')
    expect(dayInZone(instant, 'Pacific/Kiritimati')).toBe('2026-10-25')
    expect(dayInZone(instant, 'Pacific/Pago_Pago')).toBe('2026-10-24')
  })
  it('are refused when the calendar does not have them', () => {
    for (const day of ['2026-02-29', '2026-1-1', '1999-12-31', '2100-01-01', '2026-10-24T00:00:00Z', ''])
      expect(calendarDay.safeParse(day).success, day).toBe(false)
  })
  it('say whether they are missing, misspelt or not in the calendar', () => {
    const said = (day: unknown) => calendarDay.safeParse(day).error?.issues[0]?.message
    expect(said('2026-02-30')).toBe('The calendar has no day 2026-02-30.')
    expect(said('30.02.2026')).toBe('Write the day as YYYY-MM-DD.')
    expect(said(20260230)).toBe('Write the day as YYYY-MM-DD.')
    expect(said(undefined)).toBe('The day is missing. Write it as YYYY-MM-DD.')
    expect(said('1999-12-31')).toBe('Choose a day between 2000 and 2099.')
  })
  it('make a range only forwards and not longer than allowed', () => {
    const range = z.object({ from: z.string(), to: z.string() }).superRefine((value, ctx) => checkRange(value, ctx, 2))
    const ok = (from: string, to: string) => range.safeParse({ from, to }).success
    expect(ok('2026-10-24', '2026-10-26')).toBe(true)
    expect(ok('2026-10-24', '2026-10-24')).toBe(false)
    expect(ok('2026-10-24', '2026-10-27')).toBe(false)
  })
})
