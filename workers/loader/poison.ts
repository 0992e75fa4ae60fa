import { createHash } from 'node:crypto'
import { type Batch, hashHex, type KindBatch, RowsBuilder, type Seen, sliceRows } from './batch.ts'
import type { PoisonRow } from './insert.ts'

/** Longest text of a refused row that is kept, in characters. */
const RAW_LIMIT = 64 * 1024

/** A refused row for which no tenant could be found, so that only the operator can be shown it. */
export interface HomelessRow {
  kind: string
  message: string
  text: string
}

/**
 * Turns rows that the engine refused into dead letters of their tenant (`rejected_events` with code `load_failed`).
 * A refused row's id is forgotten, so that a corrected event may come again under it; its dead letter's id follows from
 * it, so that a replay of the log makes no second one.
 * @param poison indexes into `source`
 */
export function deadLetters(
  source: KindBatch,
  poison: readonly PoisonRow[],
  batch: Batch,
  context: { logId: string; seen: Seen; now: number },
): { letters: KindBatch; homeless: HomelessRow[] } {
  const homeless: HomelessRow[] = []
  const builder = new RowsBuilder('rejected', 0, 0)
  const day = Math.floor(context.now / 86_400_000)
  const tail = Buffer.from(`,"log_id":${JSON.stringify(context.logId)},"log_position":${batch.next - 1n}}\n`)
  for (const { row, message } of poison) {
    const text = sliceRows(source, row, row + 1)
      .body.toString('utf8')
      .trimEnd()
    const [a = 0, b = 0, c = 0, d = 0] = source.hashes.subarray(row * 4, row * 4 + 4)
    context.seen[source.kind].delete(a, b, c, d)
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
    })
    const hash = createHash('md5').update(`${appId}\n${rejectedId}`).digest('hex')
    const line = Buffer.from(`${hash} ${letter}`)
    builder.readHash(line, 0, line.length)
    if (context.seen.rejected.add(builder.a, builder.b, builder.c, builder.d, day)) {
      builder.append(line, 33, line.length - 1, tail)
    }
  }
  return { letters: builder.finish(), homeless }
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
