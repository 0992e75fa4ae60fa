import { z } from 'zod'

/**
 * A piece of text somebody typed: any Unicode, trimmed. Refuses only what Postgres cannot hold: a NUL or half a surrogate pair.
 * @param what how messages name it, such as `Name`
 * @param max most characters (UTF-16 code units)
 * @param min least characters; 0 allows an empty text
 */
export function text(what: string, max: number, min = 1) {
  return z
    .string({ error: `${what} must be text.` })
    .trim()
    .min(min, {
      error: min === 1 ? `${what} is empty. Type at least one character.` : `${what} needs ${min} characters.`,
    })
    .max(max, { error: `${what} is longer than ${max} characters. Shorten it.` })
    .refine((value) => value.isWellFormed() && !value.includes('\0'), {
      error: `${what} contains a character that cannot be stored. Type it again.`,
    })
}

/** ISO 4217 codes this runtime knows. */
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

/** A currency code of ISO 4217, upper case. */
export const currency = z
  .string()
  .trim()
  .toUpperCase()
  .refine((value) => CURRENCIES.has(value), { error: 'This is not a currency code of ISO 4217, such as USD or EUR.' })

/** An IANA time zone, written as the database of zones writes it; offsets such as +01:00 have no daylight saving and are refused. */
export const timezone = z
  .string()
  .trim()
  .transform((value, ctx) => {
    const canonical = canonicalZone(value)
    if (canonical) return canonical
    ctx.addIssue({
      code: 'custom',
      message: 'This is not a time zone of the IANA database, such as Europe/Berlin or UTC.',
    })
    return z.NEVER
  })

function canonicalZone(value: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z][A-Za-z0-9_+-]*)*$/.test(value)) return undefined
  try {
    const resolved = new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
    if (resolved.toLowerCase() === value.toLowerCase()) return resolved
    // An alias (Asia/Kolkata for Asia/Calcutta) is as good, if its capitals are right: ClickHouse reads names as written.
    return /^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(value) ? value : resolved
  } catch {
    return undefined
  }
}

/**
 * A name as an address: lower-case ASCII words joined by dashes.
 * @param fallback used when nothing of the name is left, as with a name in Chinese
 */
export function slugify(name: string, fallback: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return slug.length >= 2 ? slug : fallback
}
