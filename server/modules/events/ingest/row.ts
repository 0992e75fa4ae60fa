import { hash, randomUUID } from 'node:crypto'
import { canonicalJson, type JsonObject } from './json.ts'
import { DEEPEST } from './properties.ts'

/**
 * One line of a frame: the deduplication prefix (see server/eventlog/types.ts), a space, the row, a line feed.
 * Columns that are empty are left out of rows: the engine fills in the same empty value, and the log stays short.
 * @param json the row as a JSON object in one line; the loader adds log_id and log_position before its last brace
 */
export function frameLine(appId: string, id: string, json: string): string {
  return `${hash('md5', `${appId}\n${id}`, 'hex')} ${json}\n`
}

/** The id of an event or touchpoint that came without one. */
export interface DerivedId {
  id: string
  /** False when the id is random, so that a retry is counted again. */
  idempotent: boolean
}

/**
 * Derives an id from the content where a time makes the content its own: the same content at the same millisecond is
 * the same event, whatever the order of its keys. Without a time the id is random.
 * @param source the object as it was sent
 * @throws Refusal `too_deep` where a field that nothing else checks is nested too deeply
 */
export function deriveId(source: JsonObject, hasTime: boolean): DerivedId {
  if (!hasTime) return { id: randomUUID(), idempotent: false }
  return { id: `auto_${hash('sha256', canonicalJson(source, DEEPEST + 1), 'hex').slice(0, 32)}`, idempotent: true }
}
