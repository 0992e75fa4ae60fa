import { hash } from 'node:crypto'
import { isIP } from 'node:net'
import { canonicalJson, isObject, type JsonObject, Refusal } from '#server/modules/events/hot.ts'

/** Longest id that events hold, in characters. */
const ID_LENGTH = 100
/** Levels of a message whose content becomes an id. */
const DEEPEST = 25

/** An object's member object; an empty one where there is none or something else stands there. */
export function part(source: JsonObject, key: string): JsonObject {
  const value = source[key]
  return isObject(value) ? value : {}
}

/** A text, or a number as it was written; `undefined` where neither is or nothing but blanks. */
export function words(value: unknown): string | undefined {
  const text = isNumber(value) ? JSON.stringify(value) : value
  return typeof text === 'string' && text.trim() !== '' ? text : undefined
}

/** Also a number too long for JavaScript, which parsing keeps as written: an object that is none. */
function isNumber(value: unknown): boolean {
  return (
    typeof value === 'number' ||
    (typeof value === 'object' && value !== null && !Array.isArray(value) && !isObject(value))
  )
}

/** A describing text, cut to what its column holds: a long locale is no reason to lose a purchase. */
export function cut(value: unknown, longest: number): string | undefined {
  const text = words(value)?.replaceAll('\0', '').toWellFormed()
  return text === undefined || text.length <= longest ? text : [...text].slice(0, longest).join('')
}

/** An advertising or vendor id; `undefined` for the zeros that a device gives whose owner opted out. */
export function deviceIdentifier(value: unknown): string | undefined {
  const text = words(value)?.trim()
  return text === undefined || /^[0-]+$/.test(text) ? undefined : text
}

/** An id of any length as one that events hold: longer than 100 characters it becomes its SHA-256, the same each time. */
export function shortId(id: string, prefix: string): string {
  return id.length > ID_LENGTH ? `${prefix}_${hash('sha256', id.toWellFormed(), 'hex').slice(0, 32)}` : id
}

/**
 * An id that follows from content, whatever the order of its keys.
 * @throws Refusal `too_deep`
 */
export function contentId(content: unknown, prefix: string): string {
  return `${prefix}_${hash('sha256', canonicalJson(content, DEEPEST), 'hex').slice(0, 32)}`
}

/** The address in a text, if it is one; `0.0.0.0` is how clients ask that none be kept. */
export function address(value: unknown): string | undefined {
  const text = words(value)?.trim()
  return text !== undefined && isIP(text) !== 0 && text !== '0.0.0.0' ? text : undefined
}

/**
 * An amount that may be written as text, as forms and many clients do.
 * @returns the number; others than text pass as they are, for the event's own check
 * @throws Refusal `wrong_type` for text that is no decimal number
 */
export function amount(value: unknown, field: string): unknown {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (/^[+-]?\d+(\.\d*)?$/.test(text) || /^[+-]?\d*\.\d+$/.test(text)) return Number(text)
  throw new Refusal('wrong_type', `${field} must be a number such as 9.99.`, field)
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:[Zz]?([+ -])(\d\d):?(\d\d)|[Zz])?)?$/

/**
 * A time in any of the ways ISO 8601 is written by other vendors' clients: with a blank instead of T, without a zone (UTC),
 * with +0200 or Z+0200 as the zone, with the plus sign lost to form encoding.
 * @returns Unix milliseconds
 * @throws Refusal `invalid_time`
 */
export function readTime(value: string, field: string): number {
  const parts = ISO.exec(value.trim())
  const refuse = () =>
    new Refusal('invalid_time', `${field} must be a time of ISO 8601, such as 2026-03-01T12:00:00.000Z.`, field)
  if (!parts) throw refuse()
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', sign, zoneHour, zoneMinute] = parts
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  const exists =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) <= 23 &&
    Number(minute) <= 59 &&
    Number(second) <= 60 &&
    Number(zoneHour ?? 0) <= 23 &&
    Number(zoneMinute ?? 0) <= 59
  if (!exists) throw refuse()
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  const offset = (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)) * 60_000
  const local = date.getTime() + seconds * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
  return sign === '-' ? local + offset : local - offset
}
