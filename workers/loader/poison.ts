import { createHash } from 'node:crypto'
import { PACKED, packed } from '#server/eventlog/index.ts'
import type { PoisonRow } from './insert.ts'
import { hashHex, type RowSet, RowsBuilder, rowBytes } from './rows.ts'

/** Longest text of a refused row that is kept, in characters. */
const RAW_LIMIT = 64 * 1024

/** A refused row for which no tenant could be found, so that only the operator can be shown it. */
export interface HomelessRow {
  kind: string
  message: string
  text: string
}

/**
 * Turns rows that the engine refused into dead letters of their tenant (`rejected_events` with code `load_failed`). A dead
 * letter's id follows from its row's, so that a replay of the log makes no second one.
 * @param poison indexes into `source`
 * @param context place: a position of the batch, which the letters stand at; now: Unix milliseconds
 */
export function deadLetters(
  source: RowSet,
  poison: readonly PoisonRow[],
  context: { logId: string; place: bigint; now: number },
): { letters: RowSet; homeless: HomelessRow[] } {
  const homeless: HomelessRow[] = []
  const builder = new RowsBuilder('rejected', 'ndjson', poison.length)
  for (const { row, message } of poison) {
    const text = rowText(source, row)
    const orgId = stringField(text, 'org_id')
    const appId = stringField(text, 'app_id')
    if (orgId === '' || appId === '') {
      homeless.push({ kind: source.kind, message, text })
      continue
    }
    const rejectedId = `load_${hashHex(source, row)}`
    const letter = JSON.stringify({
      org_id: orgId,
      app_id: appId,
      rejected_id: rejectedId,
      kind: source.kind,
      received_at: new Date(context.now).toISOString(),
      code: 'load_failed',
      field: '',
      message: `The store refused this row. ${message}`,
      raw: text.slice(0, RAW_LIMIT),
      request_id: stringField(text, 'request_id'),
      log_id: context.logId,
      log_position: String(context.place),
    })
    const hash = createHash('md5').update(`${appId}\n${rejectedId}`).digest()
    const bytes = Buffer.from(`${letter}\n`)
    builder.begin({ bytes, position: context.place })
    const [a, b, c, d] = [0, 4, 8, 12].map((at) => hash.readInt32LE(at))
    builder.add(a ?? 0, b ?? 0, c ?? 0, d ?? 0, 0, bytes.length)
  }
  return { letters: builder.finish(), homeless }
}

/** A row as text: what stood in the log, or a packed row's values as JSON with times in Unix milliseconds. */
export function rowText(set: RowSet, row: number): string {
  const bytes = rowBytes(set, row)
  if (set.encoding !== PACKED) return bytes.toString('utf8').trimEnd()
  try {
    const { log_position: _, ...values } = packed.unpackRow(bytes)
    const told = Object.entries(values).filter(([, value]) => value !== null && value !== '')
    return JSON.stringify(Object.fromEntries(told), (_key, value) =>
      typeof value === 'bigint' ? String(value) : value,
    )
  } catch {
    return JSON.stringify({ packed: bytes.toString('base64') })
  }
}

/** A string field of a row that may not be sound JSON. */
function stringField(text: string, name: string): string {
  const found = new RegExp(`"${name}":"((?:[^"\\\\]|\\\\.)*)"`).exec(text)?.[1]
  try {
    return String(JSON.parse(`"${found ?? ''}"`))
  } catch {
    return ''
  }
}
