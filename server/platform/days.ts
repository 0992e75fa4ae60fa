import { z } from 'zod'

const DAY_MS = 86_400_000

/** A calendar day, YYYY-MM-DD, between 2000 and 2099: what the stores' Date type and the product's life span share. */
export const calendarDay = z.iso
  .date({
    error: ({ input }) => {
      if (input === undefined) return 'The day is missing. Write it as YYYY-MM-DD.'
      const written = typeof input === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(input)
      return written ? `The calendar has no day ${input}.` : 'Write the day as YYYY-MM-DD.'
    },
  })
  .refine((day) => day >= '2000-01-01' && day <= '2099-12-31', { error: 'Choose a day between 2000 and 2099.' })

/** The day `days` later (earlier when negative). */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** Calendar days from one day to another; 1 from a day to the next. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS)
}

/** Every day from `from` (inclusive) to `to` (exclusive). */
export function listDays(from: string, to: string): string[] {
  return Array.from({ length: Math.max(0, daysBetween(from, to)) }, (_, index) => addDays(from, index))
}

/**
 * The calendar day of an instant in a time zone.
 * @param now Unix milliseconds
 * @param timezone IANA name
 */
export function dayInZone(now: number, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(now)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** A day range as the contract writes it: `from` inclusive, `to` exclusive; at most `most` days. */
export function checkRange(range: { from: string; to: string }, ctx: z.core.$RefinementCtx, most = 732): void {
  const length = daysBetween(range.from, range.to)
  if (length < 1) {
    ctx.addIssue({ code: 'custom', path: ['to'], message: 'to must be a later day than from: it is not included.' })
  } else if (length > most) {
    ctx.addIssue({ code: 'custom', path: ['to'], message: `The range has ${length} days; ask for at most ${most}.` })
  }
}
