import { isObject, type JsonObject, refuseDeeperThan } from './json.ts'
import { Refusal } from './refusal.ts'

export const DEEPEST = 20

/**
 * A JSON object as the text that is stored.
 * @param value the field as it was sent, `undefined` when absent
 * @param extra unknown top-level fields, kept beside it; where both have a key, the object's own value stands
 * @param mostBytes most bytes of the resulting JSON in UTF-8
 * @returns JSON text; empty for an absent or empty object
 * @throws Refusal `wrong_type`, `too_deep` or `too_large`
 */
export function jsonObject(value: unknown, extra: JsonObject | undefined, field: string, mostBytes: number): string {
  if (value !== undefined && !isObject(value)) throw new Refusal('wrong_type', `${field} must be a JSON object.`, field)
  let whole: JsonObject | undefined = value
  if (extra) {
    // No prototype: a key named __proto__ is then a key like any other.
    whole = Object.assign(Object.create(null), extra, value)
  }
  if (!whole) return ''
  refuseDeeperThan(whole, DEEPEST, field)
  const json = JSON.stringify(whole)
  if (json === '{}') return ''
  if (json.length > mostBytes || (json.length * 3 > mostBytes && Buffer.byteLength(json) > mostBytes)) {
    throw new Refusal('too_large', `${field} holds more than ${mostBytes / 1024} KB; send less.`, field)
  }
  return json
}
