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

/** JSON with every digit of its numbers; text that is none comes back as it is, for the collector to refuse. */
export function readJson(text: string): unknown {
  try {
    return parseExactly(text)
  } catch {
    return text
  }
}
