import { z } from 'zod'
import { deriveId, isObject, parseExactly } from '#server/modules/events/hot.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { rowsByKeys, textList } from '#workers/attributor/store.ts'

/** UTF-16 units that no stored id or event name exceeds: 100 characters of two at most. */
const LONGEST = 200

interface Known {
  id: string
  /** Unix milliseconds; absent where the row does not say. */
  time: number | undefined
  /** Touchpoints have none. */
  name: string | undefined
}

const idsSchema = z.array(z.object({ id: z.string() }))

/**
 * Which rows an import brought long ago. The loader knows repeated rows by their ids for about a week; a file that is
 * imported again after that, or overlaps with one from then, is held against the store itself.
 * @param lines events or touchpoints as JSON
 * @returns the places of those that are in the store
 */
export async function thereBefore(
  client: ClickHouseClient,
  of: { orgId: string; appId: string },
  table: 'events' | 'touchpoints',
  lines: readonly string[],
): Promise<Set<number>> {
  const known = lines.map((line) => knownBy(line, table))
  const given = known.filter((one): one is Known => one !== null)
  if (given.length === 0) return new Set()
  const [id, time] = table === 'events' ? ['event_id', 'event_time'] : ['touchpoint_id', 'touchpoint_time']
  const times = given.flatMap((one) => one.time ?? [])
  // The beginning of the table's order, where every row tells it: the store then reads little else than these rows.
  const inTime =
    times.length === given.length
      ? `and ${time} between fromUnixTimestamp64Milli({from:Int64}) and fromUnixTimestamp64Milli({to:Int64})`
      : ''
  const names = [...new Set(given.flatMap((one) => one.name ?? []))]
  const named = names.length > 0 ? `and event_name in (select arrayJoin(${textList(names)}))` : ''
  const query = (
    list: string,
  ) => `select distinct ${id} as id from ${table} where org_id = {org:String} and app_id = {app:String}
    ${named} ${inTime} and ${id} in (select arrayJoin(${list}))`
  const found = await rowsByKeys(
    client,
    query,
    given.map((one) => one.id),
    {
      org: of.orgId,
      app: of.appId,
      from: times.reduce((least, one) => Math.min(least, one), Number.MAX_SAFE_INTEGER),
      to: times.reduce((most, one) => Math.max(most, one), 0),
    },
  )
  const stored = new Set(idsSchema.parse(found).map((row) => row.id))
  return new Set(known.flatMap((one, at) => (one && stored.has(one.id) ? [at] : [])))
}

/** By what the store knows a row: the id it brings, or the one that the collector derives from it. */
function knownBy(line: string, table: 'events' | 'touchpoints'): Known | null {
  try {
    const source = parseExactly(line)
    if (!isObject(source)) return null
    const kind = table === 'events' ? 'event' : 'touchpoint'
    const given = source[`${kind}_id`]
    const at = source[`${kind}_time`]
    const time = typeof at === 'number' ? Math.floor(at) : Date.parse(String(at))
    const id = typeof given === 'string' ? given : deriveId(source, at !== undefined).id
    const name = table === 'events' ? String(source.event_name) : undefined
    // The store has none that are so long, and the question would not hold a batch of them.
    if (id.length > LONGEST || (name?.length ?? 0) > LONGEST) return null
    return { id, time: Number.isSafeInteger(time) ? time : undefined, name }
  } catch {
    // What cannot be read is the collector's to refuse.
    return null
  }
}
