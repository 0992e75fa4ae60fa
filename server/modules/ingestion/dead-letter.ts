import { z } from 'zod'
import { readJson } from '#server/modules/imports/index.ts'

/** Columns of a stored row that no sender gives. */
const STORED = new Set(['org_id', 'app_id', 'request_id', 'received_at', 'is_late', 'log_id', 'log_position'])
/** Columns that a stored row holds as JSON text, and amounts, which stand there with every digit. */
const TEXTS = new Set(['properties', 'consent', 'sub_params', 'revenue'])

/** What a dead letter holds, for sending it again. */
export interface RefusedText {
  kind: 'event' | 'touchpoint'
  code: string
  /** When it arrived, in Unix milliseconds. */
  receivedAt: number
  raw: string
}

/**
 * Makes a dead letter one line that a collector takes as what had been sent. A letter that the store refused
 * (`load_failed`) holds the row the collector had made of it: that one is undone. Where the sender gave no time it is when
 * the letter arrived, so that an id which follows from the content is the same at each replay. An event's `ip` as it was
 * sent is dropped: a device's own word about its address is not believed, and the letter does not say who sent it.
 * @returns text that is no JSON object as it is, on one line, for the collector to judge
 */
export function fromDeadLetter({ kind, code, receivedAt, raw }: RefusedText): string {
  const parsed = z.looseObject({}).safeParse(readJson(raw))
  if (!parsed.success) return raw.replaceAll('\n', ' ')
  const fields = Object.entries(parsed.data)
  const sent = code === 'load_failed' ? asSent(fields) : fields.filter(([name]) => kind !== 'event' || name !== 'ip')
  const row: Record<string, unknown> = Object.fromEntries(sent)
  row[`${kind}_time`] ??= new Date(receivedAt).toISOString()
  return JSON.stringify(row)
}

/** A stored row's fields as a sender gives them. */
function asSent(fields: [string, unknown][]): [string, unknown][] {
  return fields
    .filter(([name, value]) => !STORED.has(name) && value !== '' && value !== null)
    .map(([name, value]) => [name, TEXTS.has(name) && typeof value === 'string' ? readJson(value) : value])
}
