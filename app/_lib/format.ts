/**
 * How numbers, money and times are written. One locale (`en`) for now, because the interface is English; every function is
 * pure and answers `–` for null, which stands for "unknown" and never for zero.
 */
const LOCALE = 'en'
export const UNKNOWN = '–'

const cache = new Map<string, Intl.NumberFormat>()
function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options)
  let found = cache.get(key)
  if (!found) {
    found = new Intl.NumberFormat(LOCALE, options)
    cache.set(key, found)
  }
  return found
}

/** A count or plain number, thousands separated: 12,345. */
export function formatNumber(value: number | null | undefined, digits = 0): string {
  return value == null ? UNKNOWN : numberFormat({ maximumFractionDigits: digits }).format(value)
}

/** A number short enough for an axis: 12.3K. */
export function formatCompact(value: number | null | undefined): string {
  return value == null ? UNKNOWN : numberFormat({ notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

/**
 * An amount in `currency` (ISO 4217); cents only below 1,000, because above nobody reads them.
 * @param like the largest amount it stands beside, so that a column shows one number of digits
 */
export function formatMoney(
  value: number | null | undefined,
  currency: string,
  { compact = false, like = value ?? 0 }: { compact?: boolean | undefined; like?: number | null | undefined } = {},
): string {
  if (value == null) return UNKNOWN
  const digits = compact
    ? ({ notation: 'compact', maximumFractionDigits: 1 } as const)
    : Math.abs(like ?? value) < 1000
      ? {}
      : { minimumFractionDigits: 0, maximumFractionDigits: 0 }
  try {
    return numberFormat({ style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...digits }).format(value)
  } catch {
    return `${formatNumber(value, 2)} ${currency}`
  }
}

/**
 * A share of 1 as percent, with one digit from 10% on and two below: 16.7%, 3.46%.
 * @param like the largest share it stands beside, so that a column shows one number of digits; what they would round to
 *   zero is written <0.1%
 */
export function formatPercent(
  value: number | null | undefined,
  { like = value }: { like?: number | null | undefined } = {},
): string {
  if (value == null) return UNKNOWN
  const digits = value === 0 ? 0 : Math.abs(like ?? value) < 0.09995 ? 2 : 1
  if (digits === 1 && value > 0 && value < 0.0005) return '<0.1%'
  return numberFormat({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

/** A metric's value in the catalogue's unit: `ratio` is a share of 1 and shown as percent; money is in `currency`. */
export function formatMetric(
  value: number | null | undefined,
  unit: string,
  options: { currency?: string | undefined; compact?: boolean; like?: number | null } = {},
): string {
  if (value == null) return UNKNOWN
  if (unit === 'money' || unit === 'money_ratio') return formatMoney(value, options.currency ?? 'USD', options)
  if (unit === 'ratio')
    return options.compact
      ? numberFormat({ style: 'percent', maximumFractionDigits: 1 }).format(value)
      : formatPercent(value, options)
  return options.compact ? formatCompact(value) : formatNumber(value, Number.isInteger(value) ? 0 : 2)
}

/** Relative change from `before` to `now`; null when there is nothing to compare with. */
export function relativeChange(now: number | null | undefined, before: number | null | undefined): number | null {
  if (now == null || before == null || before === 0) return null
  return (now - before) / Math.abs(before)
}

/** A signed percentage for a change, +12.3%; from tenfold on the factor, ×43, which is easier to grasp. */
export function formatChange(change: number): string {
  if (change >= 9) return `×${formatNumber(1 + change)}`
  return numberFormat({
    style: 'percent',
    maximumFractionDigits: Math.abs(change) < 0.1 ? 1 : 0,
    signDisplay: 'exceptZero',
  }).format(change)
}

const dateCache = new Map<string, Intl.DateTimeFormat>()
function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options)
  let found = dateCache.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(LOCALE, options)
    dateCache.set(key, found)
  }
  return found
}

type Instant = Date | number | string
const instant = (value: Instant) => (value instanceof Date ? value : new Date(value))

/** A moment in `timeZone`, to the second: Nov 22, 2026, 14:03:09. The zone itself is shown by `ZoneNote` or a header. */
export function formatDateTime(value: Instant | null | undefined, timeZone: string): string {
  if (value == null) return UNKNOWN
  return dateFormat({ dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23', timeZone }).format(instant(value))
}

/** The time of day in `timeZone`, to the second: 14:03:09. */
export function formatTime(value: Instant | null | undefined, timeZone: string): string {
  return value == null
    ? UNKNOWN
    : dateFormat({ timeStyle: 'medium', hourCycle: 'h23', timeZone }).format(instant(value))
}

/** A calendar day (`YYYY-MM-DD`, zone already applied) as Nov 22, with the year when `withYear`. */
export function formatDay(day: string, withYear = false): string {
  const date = new Date(`${day.slice(0, 10)}T00:00:00Z`)
  if (Number.isNaN(date.getTime())) return day
  return dateFormat({
    month: 'short',
    day: 'numeric',
    ...(withYear ? { year: 'numeric' } : {}),
    timeZone: 'UTC',
  }).format(date)
}

/** The short name of a zone at this moment: GMT+1, EST. */
export function zoneName(timeZone: string, at: Instant = Date.now()): string {
  const part = dateFormat({ timeZone, timeZoneName: 'short' })
    .formatToParts(instant(at))
    .find(({ type }) => type === 'timeZoneName')
  return part?.value ?? timeZone
}

/** A zone by its name and its short name at this moment, which is said once where both are the same: Europe/Berlin (GMT+1), UTC. */
export function zoneLabel(timeZone: string, at: Instant = Date.now()): string {
  const short = zoneName(timeZone, at)
  return short === timeZone ? timeZone : `${timeZone} (${short})`
}

/** How long ago, in the largest fitting unit: 5 minutes ago. */
export function formatAgo(value: Instant, now: number): string {
  const seconds = Math.round((instant(value).getTime() - now) / 1000)
  const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' })
  const [size, unit] = (
    [
      [86_400, 'day'],
      [3600, 'hour'],
      [60, 'minute'],
    ] as const
  ).find(([limit]) => Math.abs(seconds) >= limit) ?? [1, 'second']
  return relative.format(Math.trunc(seconds / size), unit)
}
