import { z } from 'zod'
import { parseExactly } from '#server/modules/events/hot.ts'

/** Columns of an export that the product sets itself; as event fields they would end up among the properties. */
const OURS = new Set(['received_at', 'is_late'])
/** Columns that an export holds as JSON text. */
const OBJECTS = new Set(['properties', 'consent', 'sub_params'])

const exportedSchema = z.looseObject({ received_at: z.string() })

/**
 * Makes a row of the events or touchpoints export what a device or a network would have sent, so that the files of one
 * installation can be imported into another. Ids stay; when it arrived is decided anew.
 * @param line one row as JSON; a line of another kind comes back as it is, for the collector to judge
 */
export function fromExport(line: string): string {
  if (!line.includes('"received_at"')) return line
  const row = exportedSchema.safeParse(readJson(line))
  if (!row.success || !('event_id' in row.data || 'touchpoint_id' in row.data)) return line
  const sent = Object.entries(row.data).filter(([name, value]) => !OURS.has(name) && value !== '' && value !== null)
  return JSON.stringify(
    Object.fromEntries(
      sent.map(([name, value]) => [name, OBJECTS.has(name) && typeof value === 'string' ? readJson(value) : value]),
    ),
  )
}

/** Columns of a stored row, besides {@link OURS}, that no sender gives. */
const STORED = new Set(['org_id', 'app_id', 'request_id', 'log_id', 'log_position'])

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
  const refusedByStore = code === 'load_failed'
  const parsed = z.looseObject({}).safeParse(readJson(raw))
  if (!parsed.success) return raw.replaceAll('\n', ' ')
  const dropped = (name: string) => (refusedByStore ? STORED.has(name) : kind === 'event' && name === 'ip')
  const row: Record<string, unknown> = Object.fromEntries(
    Object.entries(parsed.data).filter(([name]) => !dropped(name)),
  )
  row[`${kind}_time`] ??= new Date(receivedAt).toISOString()
  const line = JSON.stringify(row)
  return refusedByStore ? fromExport(line) : line
}

/** JSON with every digit of its numbers; text that is none comes back as it is, for the collector to refuse. */
export function readJson(text: string): unknown {
  try {
    return parseExactly(text)
  } catch {
    return text
  }
}
