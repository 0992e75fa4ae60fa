import { z } from 'zod'
import { stillOpen } from '#server/modules/events/index.ts'
import { decodeCursor, encodeCursor } from '#server/platform/cursor.ts'
import { type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import type { LetterSelection } from './schema.ts'

/** A dead letter as it is sent again. */
export interface Letter {
  id: string
  kind: 'event' | 'touchpoint'
  code: string
  /** Unix milliseconds at which it arrived. */
  receivedAt: number
  raw: string
  /** A person corrected it since it was refused. */
  edited?: true
}

const letterSchema = z.object({
  id: z.string(),
  kind: z.enum(['event', 'touchpoint']),
  code: z.string(),
  received: z.coerce.number(),
  raw: z.string(),
})

/** Where a walk stands: the moment it began, then kind, arrival and id of the last letter. */
const cursorSchema = z.tuple([z.number(), z.enum(['', 'event', 'touchpoint']), z.number(), z.string().max(200)])

const COLUMNS = 'rejected_id as id, kind, code, toUnixTimestamp64Milli(received_at) as received, raw'

const toLetter = ({ received: receivedAt, ...letter }: z.output<typeof letterSchema>): Letter => ({
  ...letter,
  receivedAt,
})

/**
 * A page of the letters that a selection means, touchpoints first and each kind oldest first. Letters that come in while
 * somebody walks through the pages are left out: what is refused again would never end.
 * @param timezone zone of the selection's days
 * @returns at most `limit` letters, and the cursor of the next page or null at the end
 * @throws AppError invalid for a foreign cursor
 */
export async function lettersPage(
  scope: TenantScope,
  timezone: string,
  selection: LetterSelection,
  limit: number,
  origin: QueryOrigin,
): Promise<{ letters: Letter[]; next: string | null }> {
  const after = selection.cursor ? decodeCursor(selection.cursor, cursorSchema) : null
  const until = after?.[0] ?? Date.now()
  const query = new TenantQuery(scope)
  const zone = query.bind('String', timezone)
  const midnight = (day: string) => `toDateTime64(concat(${query.bind('String', day)}, ' 00:00:00'), 3, ${zone})`
  const at = (ms: number) => `fromUnixTimestamp64Milli(${query.bind('Int64', ms)})`
  // Touchpoints come first, so that an install finds the click it belongs to.
  const rank = `(kind = 'event')`
  const where = [
    `kind in ('event', 'touchpoint')`,
    `received_at <= ${at(until)}`,
    ...(selection.again ? [] : [stillOpen(query)]),
    ...(selection.code ? [`code = ${query.bind('String', selection.code)}`] : []),
    ...(selection.kind ? [`kind = ${query.bind('String', selection.kind)}`] : []),
    ...(selection.from ? [`received_at >= ${midnight(selection.from)}`] : []),
    ...(selection.to ? [`received_at < ${midnight(selection.to)}`] : []),
    ...(after && after[1] !== ''
      ? [
          `(${rank}, received_at, rejected_id) > (${query.bind('UInt8', after[1] === 'event' ? 1 : 0)}, ${at(after[2])}, ${query.bind('String', after[3])})`,
        ]
      : []),
  ]
  const source = query.table('rejected_events', ['rejected_id', 'kind', 'code', 'received_at', 'raw'], where)
  const sql = `select ${COLUMNS} from ${source} order by ${rank}, received_at, rejected_id limit ${query.bind('UInt32', limit)}`
  const letters = (await query.rows(sql, letterSchema, origin)).map(toLetter)
  const last = letters.at(-1)
  const next = letters.length === limit && last ? encodeCursor([until, last.kind, last.receivedAt, last.id]) : null
  return { letters, next }
}

/** One letter by its id, or null. */
export async function findLetter(scope: TenantScope, id: string, origin: QueryOrigin): Promise<Letter | null> {
  const query = new TenantQuery(scope)
  const where = [`rejected_id = ${query.bind('String', id)}`, `kind in ('event', 'touchpoint')`]
  const source = query.table('rejected_events', ['rejected_id', 'kind', 'code', 'received_at', 'raw'], where)
  const [letter] = await query.rows(
    `select ${COLUMNS} from ${source} order by received_at desc limit 1`,
    letterSchema,
    origin,
  )
  return letter ? toLetter(letter) : null
}
