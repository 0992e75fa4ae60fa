import { Refusal } from './refusal.ts'

export type JsonObject = { readonly [key: string]: unknown }

/** Whether a parsed JSON value is an object (not an array, not null, not a number kept as written). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw(value)
}

interface RawJson {
  readonly rawJSON: string
}
/** JSON.rawJSON and the reviver's source text (ES2025) are in Node 22 and later; TypeScript's library lacks them. */
const json = JSON as typeof JSON & {
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
}

function isRaw(value: unknown): value is RawJson {
  return json.isRawJSON(value)
}

/** Numbers that a JavaScript number may not hold exactly: 16 digits and more, or an exponent. */
const MAY_LOSE_DIGITS = /[:[,]\s*-?(?:\d{16}|[\d.]{17}|[\d.]+[eE][+-]?\d)/

/** Whether a JSON text may hold numbers that plain parsing would change; cheap, and sometimes wrongly true. */
export function mayLoseDigits(text: string): boolean {
  return MAY_LOSE_DIGITS.test(text)
}

/**
 * Parses JSON so that numbers which JavaScript cannot hold come out of `JSON.stringify` as they were written.
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number' || context?.source === undefined) return value
    return String(value) === context.source || isSameDecimal(value, context.source)
      ? value
      : json.rawJSON(context.source)
  }
  return JSON.parse(text, revive)
}

/** `1.50` and `1.5e0` are 1.5 exactly enough: only long numbers and those out of range need their text. */
function isSameDecimal(value: number, source: string): boolean {
  return (
    Number.isFinite(value) &&
    source.replace(/[^\d]/g, '').length <= 15 &&
    (value !== 0 || /^-?[0.]+([eE]|$)/.test(source))
  )
}

/** A number kept as written back to a plain number, for fields that are numbers by contract; others pass unchanged. */
export function plainNumber(value: unknown): unknown {
  return isRaw(value) ? Number(value.rawJSON) : value
}

/**
 * @param limit most levels of objects and arrays in one another; the value itself is the first
 * @throws Refusal `too_deep`
 */
export function refuseDeeperThan(value: unknown, limit: number, field: string): void {
  if (typeof value !== 'object' || value === null) return
  if (limit === 0) throw new Refusal('too_deep', `${field} is nested too deeply; flatten it.`, field)
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') refuseDeeperThan(item, limit - 1, field)
    return
  }
  if (isRaw(value)) return
  for (const key in value) {
    const item = (value as JsonObject)[key]
    if (typeof item === 'object') refuseDeeperThan(item, limit - 1, field)
  }
}

/**
 * JSON text with every object's keys sorted, so that the same content always gives the same text.
 * @param limit most levels of objects and arrays in one another; the value itself is the first
 * @throws Refusal `too_deep`
 */
export function canonicalJson(value: unknown, limit: number): string {
  if (typeof value !== 'object' || value === null || isRaw(value)) return JSON.stringify(value)
  if (limit === 0) throw new Refusal('too_deep', 'The object is nested too deeply; flatten it.')
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, limit - 1)).join(',')}]`
  const object = value as JsonObject
  const parts = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key], limit - 1)}`)
  return `{${parts.join(',')}}`
}

/** Texts that stand in JSON as they are: no quote, backslash, control character or surrogate. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/

/** A JSON string literal. Unpaired surrogates become U+FFFD, because stores refuse them. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed())
}
