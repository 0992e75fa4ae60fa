import { Refusal } from './refusal.ts'

/** Year 2000: nothing that an app reports is older, but a Unix time in seconds read as milliseconds is. */
export const EARLIEST = Date.UTC(2000, 0, 1)
/** Past it the engine's DateTime64 has no values. */
export const LATEST = Date.UTC(2200, 0, 1)

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/
/** What we write ourselves and most clients send; checked by position before the general form. */
const PLAIN_UTC = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z$/

const HOW = 'must be RFC 3339, such as 2026-03-01T12:00:00Z, or Unix milliseconds'

function fromText(text: string, field: string): number {
  const parts = PLAIN_UTC.exec(text) ?? RFC3339.exec(text)
  if (!parts) throw new Refusal('invalid_time', `${field} ${HOW}.`, field)
  const [, year, month, day, hour, minute, second, fraction = '0', sign, zoneHour = '0', zoneMinute = '0'] = parts
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  const fits =
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(day) >= 1 &&
    Number(day) <= days &&
    Number(hour) <= 23 &&
    Number(minute) <= 59 &&
    Number(second) <= 60 &&
    Number(zoneHour) <= 23 &&
    Number(zoneMinute) <= 59
  if (!fits) throw new Refusal('invalid_time', `${field} names a date or time of day that does not exist.`, field)
  // RFC 3339 allows the leap second 60; Unix time has no place of its own for it.
  const utc = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.slice(0, 3).padEnd(3, '0')),
  )
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000
  return sign === '-' ? utc + offset : utc - offset
}

/**
 * Reads a time as the contract allows it.
 * @param value RFC 3339 text or Unix milliseconds; fractions of a millisecond are dropped
 * @returns Unix milliseconds
 * @throws Refusal `wrong_type` or `invalid_time`
 */
export function parseTime(value: unknown, field: string): number {
  if (typeof value !== 'string' && typeof value !== 'number') throw new Refusal('wrong_type', `${field} ${HOW}.`, field)
  const time = typeof value === 'number' ? Math.floor(value) : fromText(value, field)
  if (time >= EARLIEST && time < LATEST) return time
  const seconds = typeof value === 'number' && value * 1000 >= EARLIEST && value * 1000 < LATEST
  throw new Refusal(
    'invalid_time',
    seconds
      ? `${field} looks like seconds; send Unix milliseconds.`
      : `${field} must lie between the years 2000 and 2199; Unix times are in milliseconds.`,
    field,
  )
}

const DAY = 86_400_000
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))
/** Batches hold events of few days, and a Date for each event is the costly part of writing its time. */
let lastDay = Number.NaN
let lastDate = ''

/** Unix milliseconds as the stores take them: `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
export function formatTime(time: number): string {
  const day = Math.floor(time / DAY)
  if (day !== lastDay) {
    lastDate = new Date(time).toISOString().slice(0, 11)
    lastDay = day
  }
  const rest = time - day * DAY
  const seconds = Math.floor(rest / 1000)
  const milliseconds = rest - seconds * 1000
  const minutes = Math.floor(seconds / 60)
  const hours = TWO_DIGITS[Math.floor(minutes / 60)]
  const zeros = milliseconds < 10 ? '00' : milliseconds < 100 ? '0' : ''
  return `${lastDate}${hours}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}.${zeros}${milliseconds}Z`
}
