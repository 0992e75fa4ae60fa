import { isIP } from 'node:net'
import { plainNumber } from './json.ts'
import { Refusal } from './refusal.ts'

/** Longest texts, in characters. Ids by the contract; the rest generous for what real devices send. */
export const ID_LENGTH = 100

/**
 * A text field: at most `longest` characters (code points), any Unicode but NUL and half surrogate pairs.
 * @throws Refusal `wrong_type`, `too_long` or `invalid_value`
 */
export function text(value: unknown, field: string, longest: number): string {
  if (typeof value !== 'string') throw new Refusal('wrong_type', `${field} must be a string.`, field)
  // A character has one or two UTF-16 units: counting them one by one is only needed between the two.
  if (value.length > longest && (value.length > longest * 2 || [...value].length > longest)) {
    throw new Refusal('too_long', `${field} must have at most ${longest} characters.`, field)
  }
  // Stores and query parameters cannot carry either: two different names would become one, or none could be asked for.
  if (value.includes('\0') || !value.isWellFormed()) {
    throw new Refusal(
      'invalid_value',
      `${field} contains a NUL or half a surrogate pair; send well-formed text.`,
      field,
    )
  }
  return value
}

/**
 * A text field that must say something.
 * @throws Refusal `missing`, `wrong_type` or `too_long`
 */
export function requiredText(value: unknown, field: string, longest: number): string {
  if (value === undefined || value === null) throw new Refusal('missing', `${field} is required.`, field)
  const given = text(value, field, longest)
  if (given.trim() === '')
    throw new Refusal('missing', `${field} is empty; it must have 1 to ${longest} characters.`, field)
  return given
}

/**
 * One of a few words.
 * @throws Refusal `wrong_type` or `invalid_value` that lists them
 */
export function oneOf<Word extends string>(value: unknown, field: string, words: readonly Word[]): Word {
  if (typeof value !== 'string') throw new Refusal('wrong_type', `${field} must be one of: ${words.join(', ')}.`, field)
  const found = words.find((word) => word === value)
  if (found === undefined) throw new Refusal('invalid_value', `${field} must be one of: ${words.join(', ')}.`, field)
  return found
}

/**
 * Yes or no; files carry it as text or number.
 * @throws Refusal `invalid_value`
 */
export function flag(value: unknown, field: string): boolean {
  const found = FLAGS.get(typeof value === 'string' ? value.trim().toLowerCase() : value)
  if (found === undefined) throw new Refusal('invalid_value', `${field} must be true or false.`, field)
  return found
}

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...[true, 'true', 1, '1'].map((value): [unknown, boolean] => [value, true]),
  ...[false, 'false', 0, '0', ''].map((value): [unknown, boolean] => [value, false]),
])

/** ISO 4217 as the runtime's locale data knows it, withdrawn currencies included: old revenue may still arrive. */
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/** Whether a text is a currency's code in upper case. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code)
}

/**
 * A currency code in any case.
 * @returns the code in upper case
 * @throws Refusal `wrong_type` or `unknown_currency`
 */
export function currency(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new Refusal('wrong_type', `${field} must be a string.`, field)
  const code = value.toUpperCase()
  if (CURRENCIES.has(code)) return code
  throw new Refusal('unknown_currency', `${field} is not an ISO 4217 code such as USD or EUR.`, field)
}

/** The column is Decimal(18, 6): twelve digits before the point, six after it. Adjust's documented bound is the same. */
const MOST_REVENUE = 1e11

/**
 * An amount of money, negative for refunds.
 * @returns a decimal number as text, with at most six digits after the point
 * @throws Refusal `wrong_type` or `invalid_value`
 */
export function amount(given: unknown, field: string): string {
  const value = plainNumber(given)
  if (typeof value !== 'number') {
    throw new Refusal('wrong_type', `${field} must be a number, not text: 9.99 instead of "9.99".`, field)
  }
  // Infinity is what parsing makes of 1e999.
  if (!(Math.abs(value) <= MOST_REVENUE)) {
    throw new Refusal('invalid_value', `${field} must lie between -100,000,000,000 and 100,000,000,000.`, field)
  }
  const written = String(value)
  const point = written.indexOf('.')
  const tooFine = written.includes('e') || (point !== -1 && written.length - point > 7)
  return tooFine ? value.toFixed(6) : written
}

/**
 * ISO 3166-1 alpha-2 in any case.
 * @returns the code in upper case; empty for an empty text
 * @throws Refusal `wrong_type` or `invalid_value`
 */
export function country(value: unknown, field: string): string {
  const code = text(value, field, ID_LENGTH)
  if (code === '') return ''
  if (!/^[A-Za-z]{2}$/.test(code)) {
    throw new Refusal('invalid_value', `${field} must be a two-letter ISO 3166 code such as DE.`, field)
  }
  return code.toUpperCase()
}

/**
 * An IPv4 or IPv6 address.
 * @throws Refusal `wrong_type` or `invalid_value`
 */
export function ipAddress(value: unknown, field: string): string {
  const ip = text(value, field, ID_LENGTH).trim()
  if (ip !== '' && isIP(ip) === 0)
    throw new Refusal('invalid_value', `${field} must be an IPv4 or IPv6 address.`, field)
  return ip
}
