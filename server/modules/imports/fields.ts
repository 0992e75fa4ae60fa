import { z } from 'zod'
import { parseExactly } from '#server/modules/events/hot.ts'
import type { Mapping, RowKind } from './schema.ts'

/** The contract's fields, for recognizing columns and for the choice in the console's form. */
export const EVENT_FIELDS = [
  'event_id',
  'event_name',
  'event_time',
  'platform',
  'device_id',
  'advertising_id',
  'idfv',
  'customer_user_id',
  'click_id',
  'install_referrer',
  'referrer_click_time',
  'install_begin_time',
  'referrer_click_time_server',
  'install_begin_time_server',
  'ip',
  'user_agent',
  'os_version',
  'app_version',
  'sdk_version',
  'device_model',
  'locale',
  'country',
  'environment',
  'revenue',
  'currency',
  'properties',
  'consent',
] as const

export const TOUCHPOINT_FIELDS = [
  'touchpoint_id',
  'touchpoint_type',
  'touchpoint_time',
  'link_id',
  'media_source',
  'campaign',
  'ad_set',
  'ad',
  'creative',
  'site_id',
  'advertising_id',
  'idfv',
  'customer_user_id',
  'ip',
  'user_agent',
  'platform',
  'os_version',
  'device_model',
  'country',
  'is_retargeting',
  'claimed_device_id',
  'sub_params',
] as const

/** The fields that rows of a kind may have; decisions have the columns of their export. */
export function fieldsOf(kind: RowKind): readonly string[] {
  return kind === 'events' ? EVENT_FIELDS : kind === 'touchpoints' ? TOUCHPOINT_FIELDS : []
}

/**
 * What the columns of a file become: as the mapping says, else the field of the same name in any case and with spaces,
 * else what they are called. Other names end up under `properties` or `sub_params`, where the collector puts them.
 * @throws Error naming two columns that would become one field, or a mapped column that the file has not
 */
export function fieldNames(columns: readonly string[], kind: RowKind, mapping: Mapping): string[] {
  const known = new Set(fieldsOf(kind))
  const absent = Object.keys(mapping).find((name) => !columns.includes(name))
  if (absent !== undefined)
    throw new Error(`map: the file has no column "${absent}". It has: ${columns.slice(0, 100).join(', ')}.`)
  const taken = new Map<string, string>()
  return columns.map((column) => {
    const plain = column.toLowerCase().replaceAll(/[\s-]+/g, '_')
    // Own keys only: a column called "constructor" must not find Object's.
    const mapped = Object.hasOwn(mapping, column) ? mapping[column] : undefined
    const field = mapped ?? (known.has(plain) ? plain : column)
    const other = taken.get(field)
    if (other !== undefined) throw new Error(`map: the columns "${other}" and "${column}" would both become ${field}.`)
    taken.set(field, column)
    return field
  })
}

const NUMBERS = new Set(['revenue'])
const OBJECTS = new Set(['properties', 'consent', 'sub_params'])

/**
 * A CSV row as an object of the contract's fields. What does not read as a number or JSON stays text: the collector then
 * refuses it and names the field.
 */
export function itemFromCells(fields: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const item: Record<string, unknown> = Object.create(null)
  for (const [at, name] of fields.entries()) {
    const value = cells[at] ?? ''
    // `\N` is how ClickHouse writes an absent value. A column without a name can be nothing.
    if (value === '' || value === '\\N' || name === '') continue
    if (NUMBERS.has(name) && Number.isFinite(Number(value))) item[name] = Number(value)
    else if (name.endsWith('_time') && /^\d+$/.test(value)) item[name] = Number(value)
    else if (OBJECTS.has(name)) item[name] = readJson(value)
    else item[name] = value
  }
  return item
}

/** A line of JSON with its keys renamed; a line that is no object comes back as it is, for the collector to refuse. */
export function renamed(line: string, mapping: Mapping): string {
  const parsed = z.looseObject({}).safeParse(readJson(line))
  if (!parsed.success) return line
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(parsed.data).map(([name, value]) => [Object.hasOwn(mapping, name) ? mapping[name] : name, value]),
    ),
  )
}

/** Columns of an export that the product sets itself; as event fields they would end up among the properties. */
const OURS = new Set(['received_at', 'is_late'])
/** Columns that every export of a kind has: somebody else's file that has them all does not come about by chance. */
const EXPORTED = [
  ['event_id', 'event_name', 'event_time', 'received_at', 'is_late', 'environment', 'properties', 'consent'],
  ['touchpoint_id', 'touchpoint_type', 'touchpoint_time', 'received_at', 'link_id', 'ad_set', 'sub_params'],
]
const objectSchema = z.looseObject({})

/** Whether a file or row with these columns comes from the product's own export. */
export function isExport(columns: readonly string[]): boolean {
  return EXPORTED.some((all) => all.every((name) => columns.includes(name)))
}

/**
 * Makes a line of the events or touchpoints export what a device or a network would have sent, so that the files of one
 * installation can be imported into another.
 * @param line one row as JSON; a line of another kind comes back as it is, for the collector to judge
 */
export function fromExport(line: string): string {
  if (!line.includes('"received_at"')) return line
  const row = objectSchema.safeParse(readJson(line))
  return row.success && isExport(Object.keys(row.data)) ? asSent(row.data) : line
}

/** An exported row as it was sent, as JSON. Ids stay; when it arrived is decided anew. */
export function asSent(row: Record<string, unknown>): string {
  const sent = Object.entries(row).filter(([name, value]) => !OURS.has(name) && value !== '' && value !== null)
  return JSON.stringify(
    Object.fromEntries(
      sent.map(([name, value]) => [name, OBJECTS.has(name) && typeof value === 'string' ? readJson(value) : value]),
    ),
  )
}

/**
 * Gives a row without id and time an id that follows from the file and its place, so that importing the file again is
 * not counting it again. Rows with either come back as they are: the collector derives an id where a time is given.
 */
export function withId(line: string, kind: RowKind, place: string): string {
  const id = kind === 'events' ? 'event_id' : 'touchpoint_id'
  const time = kind === 'events' ? 'event_time' : 'touchpoint_time'
  if (kind === 'decisions') return line
  // What stands in the text says nothing: an id may be null, and properties may hold the same names.
  const seen = objectSchema.safeParse(plainJson(line)).data
  const has = (name: string) => seen?.[name] !== undefined && seen[name] !== null
  if (!seen || has(id) || has(time)) return line
  const parsed = objectSchema.safeParse(readJson(line))
  return parsed.success ? JSON.stringify({ ...parsed.data, [id]: place }) : line
}

/** Many times as fast as `readJson`, for a look at what is there. */
function plainJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON with every digit of its numbers; text that is none comes back as it is, for the collector to refuse. */
export function readJson(text: string): unknown {
  try {
    return parseExactly(text)
  } catch {
    return text
  }
}
