import { CONSENT_BYTES, PROPERTIES_BYTES, TEXTS, USER_AGENT_LENGTH } from '../event-limits.ts'
import { ID_LENGTH } from '../fields.ts'
import * as slot from './draft.ts'

/** How the scanner reads a field. */
export const TEXT = 0
export const TIME = 1
export const WORD = 2
export const LETTERS = 3
export const MONEY = 4
export const JSON_OBJECT = 5
export const ADDRESS = 6

/** A known field: its name's bytes, how it is read, where in the draft it goes, and its longest length in bytes. */
interface Field {
  name: string
  kind: number
  slot: number
  longest: number
}

const text = (name: string, place: number, longest: number): Field => ({ name, kind: TEXT, slot: place, longest })
const time = (name: string, place: number): Field => ({ name, kind: TIME, slot: place, longest: 0 })

const TEXT_SLOTS: Record<string, number> = {
  advertising_id: slot.ADVERTISING_ID,
  idfv: slot.IDFV,
  customer_user_id: slot.CUSTOMER_USER_ID,
  click_id: slot.CLICK_ID,
  install_referrer: slot.INSTALL_REFERRER,
  os_version: slot.OS_VERSION,
  app_version: slot.APP_VERSION,
  sdk_version: slot.SDK_VERSION,
  device_model: slot.DEVICE_MODEL,
  locale: slot.LOCALE,
}

const FIELDS: readonly Field[] = [
  text('event_id', slot.EVENT_ID, ID_LENGTH),
  text('event_name', slot.EVENT_NAME, ID_LENGTH),
  text('device_id', slot.DEVICE_ID, ID_LENGTH),
  text('user_agent', slot.USER_AGENT, USER_AGENT_LENGTH),
  ...Object.entries(TEXT_SLOTS).map(([name, place]) => text(name, place, TEXTS.get(name) ?? 0)),
  time('event_time', slot.EVENT_TIME),
  time('referrer_click_time', slot.REFERRER_CLICK_TIME),
  time('install_begin_time', slot.INSTALL_BEGIN_TIME),
  time('referrer_click_time_server', slot.REFERRER_CLICK_TIME_SERVER),
  time('install_begin_time_server', slot.INSTALL_BEGIN_TIME_SERVER),
  { name: 'platform', kind: WORD, slot: slot.PLATFORM, longest: 0 },
  { name: 'environment', kind: WORD, slot: slot.ENVIRONMENT, longest: 0 },
  { name: 'country', kind: LETTERS, slot: slot.COUNTRY, longest: 2 },
  { name: 'currency', kind: LETTERS, slot: slot.CURRENCY, longest: 3 },
  { name: 'revenue', kind: MONEY, slot: 0, longest: 0 },
  { name: 'properties', kind: JSON_OBJECT, slot: slot.PROPERTIES, longest: PROPERTIES_BYTES },
  { name: 'consent', kind: JSON_OBJECT, slot: slot.CONSENT, longest: CONSENT_BYTES },
  { name: 'ip', kind: ADDRESS, slot: slot.IP, longest: ID_LENGTH },
]

/** Fewer than 32, so that a set of them fits a word. */
export const FIELD_COUNT = FIELDS.length

/** By number of the field. */
export const KINDS = Uint8Array.from(FIELDS, ({ kind }) => kind)
export const SLOTS = Uint8Array.from(FIELDS, (field) => field.slot)
export const LONGEST = Int32Array.from(FIELDS, ({ longest }) => longest)
/** The slot of the field's text, `NO_TEXT` for what is none. */
export const TEXT_OF = Uint8Array.from(FIELDS, (field) =>
  field.kind === TIME || field.kind === MONEY ? slot.NO_TEXT : field.slot,
)
const NAMES = FIELDS.map(({ name }) => Buffer.from(name))

/** Length, first byte and fourth byte from the end tell all names apart. */
function place(length: number, first: number, inner: number): number {
  return (length + first + inner * 8) & 127
}

const placeOf = (bytes: Buffer, start: number, length: number): number =>
  place(length, bytes[start] as number, bytes[start + (length > 4 ? length - 4 : 0)] as number)

const byPlace = new Int8Array(128).fill(-1)
for (const [number, name] of NAMES.entries()) {
  const at = placeOf(name, 0, name.length)
  if (byPlace[at] !== -1) throw new Error(`The names of two event fields share place ${at}.`)
  byPlace[at] = number
}

/** The number of the field with a name; -1 when there is none. */
export function fieldOf(bytes: Buffer, start: number, length: number): number {
  if (length === 0) return -1
  const number = byPlace[placeOf(bytes, start, length)] as number
  if (number === -1) return -1
  const name = NAMES[number] as Buffer
  if (name.length !== length) return -1
  for (let i = 0; i < length; i += 1) if (name[i] !== bytes[start + i]) return -1
  return number
}

/** A bit for each of these fields. */
export function bitsOf(...names: string[]): number {
  return names.reduce((bits, name) => {
    const field = fieldOf(Buffer.from(name), 0, Buffer.byteLength(name))
    if (field === -1) throw new Error(`${name} is no field of events.`)
    return bits | (1 << field)
  }, 0)
}
