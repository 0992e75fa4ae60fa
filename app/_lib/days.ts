/** Arithmetic on calendar days written `YYYY-MM-DD`. A day has no zone here; only `todayIn` knows one. */
const DAY_MS = 86_400_000

const toUtc = (day: string) => Date.parse(`${day}T00:00:00Z`)
const fromUtc = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** Today's date on the calendar of `timeZone` (IANA). */
export function todayIn(timeZone: string, now: number = Date.now()): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)
}

/** `day` moved by `count` days, which may be negative. */
export function addDays(day: string, count: number): string {
  return fromUtc(toUtc(day) + count * DAY_MS)
}

const HOUR_MS = 3_600_000

/** How far `timeZone` is ahead of UTC at an instant, in milliseconds. */
function zoneOffset(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    ...({ year: 'numeric', month: '2-digit', day: '2-digit' } as const),
    ...({ hour: '2-digit', minute: '2-digit', second: '2-digit' } as const),
  }).formatToParts(at)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '00'
  const wall = `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}Z`
  return Date.parse(wall) - Math.floor(at / 1000) * 1000
}

/**
 * The first instant of a day in `timeZone` (IANA), in Unix milliseconds. Where clocks are put forward at midnight the day
 * begins at one.
 */
export function dayStart(day: string, timeZone: string): number {
  const wall = toUtc(day)
  const guess = wall - zoneOffset(timeZone, wall)
  const start = wall - zoneOffset(timeZone, guess)
  return todayIn(timeZone, start) < day ? start + HOUR_MS : start
}

/** Days from `from` (inclusive) to `to` (exclusive). */
export function daysBetween(from: string, to: string): number {
  return Math.round((toUtc(to) - toUtc(from)) / DAY_MS)
}

/** Every day of a range, `to` exclusive. */
export function eachDay(from: string, to: string): string[] {
  return Array.from({ length: Math.max(0, daysBetween(from, to)) }, (_, index) => addDays(from, index))
}

/** Whether a text is a real calendar day. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(toUtc(text)) && fromUtc(toUtc(text)) === text
}

/** A range of days; `to` is exclusive, as everywhere in the API. */
export interface DayRange {
  from: string
  to: string
}

/** The ranges people ask for; both ends relative to today, which is included. */
export const PRESETS = {
  today: { label: 'Today', days: 1, back: 0 },
  yesterday: { label: 'Yesterday', days: 1, back: 1 },
  '7d': { label: 'Last 7 days', days: 7, back: 0 },
  '14d': { label: 'Last 14 days', days: 14, back: 0 },
  '30d': { label: 'Last 30 days', days: 30, back: 0 },
  '90d': { label: 'Last 90 days', days: 90, back: 0 },
} as const
export type Preset = keyof typeof PRESETS

/** The days of a preset, seen from `today`. */
export function presetRange(preset: Preset, today: string): DayRange {
  const { days, back } = PRESETS[preset]
  const to = addDays(today, 1 - back)
  return { from: addDays(to, -days), to }
}
