import { isIP } from 'node:net'

/** A row by column, as {@link columnKey} writes them; absent cells have no entry. */
export type Cells = ReadonlyMap<string, string>

/** Columns are known by name, never by place: exports append further ones, and their capitals differ between reports. */
export function columnKey(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, '_')
}

/** AppsFlyer writes an unknown place as the word None, where other columns are empty. */
const PLACES = new Set(['dma', 'region', 'state', 'city', 'postal_code', 'country_code'])

/** The cells that say something: no empty ones, and not the word `null` that stands for an absent value. */
export function cellsOf(keys: readonly string[], values: readonly string[]): Cells {
  const cells = new Map<string, string>()
  for (const [at, key] of keys.entries()) {
    const value = (values[at] ?? '').trim()
    if (value === '' || value === 'null' || key === '') continue
    if (PLACES.has(key) && /^(none|n\/a)$/i.test(value)) continue
    cells.set(key, value)
  }
  return cells
}

/** A cell that must fit; its column is the field that the refusal names. */
export class CellRefusal extends Error {
  readonly code: string
  readonly field: string

  constructor(code: string, field: string, message: string) {
    super(message)
    this.name = 'CellRefusal'
    this.code = code
    this.field = field
  }
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(\.\d{1,6})?Z?$/

/**
 * A time as AppsFlyer writes it, `yyyy-MM-dd HH:mm:ss` without a zone, in UTC.
 * @returns RFC 3339; undefined for an absent cell
 * @throws CellRefusal
 */
export function timeOf(cells: Cells, key: string): string | undefined {
  const text = cells.get(key)
  if (text === undefined) return undefined
  const parts = TIME.exec(text)
  const [, year, month, day, hour, minute, second, fraction = ''] = parts ?? []
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(1, 4).padEnd(3, '0')}Z`
  // The calendar is asked by writing the time again: 31 February comes back as March.
  if (!parts || Number.isNaN(Date.parse(iso)) || new Date(iso).toISOString() !== iso) {
    throw new CellRefusal('invalid_time', key, `${key} is not a time such as 2026-03-01 12:00:00: ${text.slice(0, 40)}`)
  }
  return iso
}

/** A number in a cell. @throws CellRefusal */
export function numberOf(cells: Cells, key: string): number | undefined {
  const text = cells.get(key)
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isFinite(value)) return value
  throw new CellRefusal('wrong_type', key, `${key} is not a number such as 9.99: ${text.slice(0, 40)}`)
}

/** A length of time such as `7d`, `24h` or `30 days`, in milliseconds; 0 where there is none that can be read. */
export function lookbackOf(cells: Cells): number {
  const [, count, unit] = /^(\d{1,4})\s*(d|h)/i.exec(cells.get('attribution_lookback') ?? '') ?? []
  if (!count || !unit) return 0
  return Number(count) * (unit.toLowerCase() === 'd' ? 86_400_000 : 3_600_000)
}

/** A country by ISO 3166; AppsFlyer writes the United Kingdom as UK. */
export function countryOf(cells: Cells): string | undefined {
  const code = cells.get('country_code')?.toUpperCase()
  if (code === undefined || !/^[A-Z]{2}$/.test(code)) return undefined
  return code === 'UK' ? 'GB' : code
}

/** The IP address, where it is a whole one: AppsFlyer masks some. */
export function ipOf(cells: Cells): string | undefined {
  const ip = cells.get('ip')
  return ip !== undefined && isIP(ip) !== 0 ? ip : undefined
}
