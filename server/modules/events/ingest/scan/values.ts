import { isIP } from 'node:net'
import type { IngestContext } from '../context.ts'
import { ENVIRONMENTS } from '../event-limits.ts'
import { isCurrency } from '../fields.ts'
import { DEEPEST } from '../properties.ts'
import type { Viewed } from './bytes.ts'
import * as byte from './bytes.ts'
import * as slot from './draft.ts'
import * as known from './fields.ts'
import * as json from './json.ts'
import * as time from './time.ts'

// Known when the code is compiled: see event.ts.
const { MINUS, OPEN_BRACE, POINT, QUOTE, textStop } = byte
const { draft, draftMillionths, EVENT_TIME, IP, lengths, PLATFORM, PROPERTIES, starts, times } = slot
const { ADDRESS, JSON_OBJECT, KINDS, LETTERS, LONGEST, MONEY, SLOTS, TEXT, TIME, WORD } = known
const { found, scanObject } = json
const { read, scanTime } = time

const PLATFORM_WORDS = ['android', 'ios', 'web'].map((word) => Buffer.from(word))
const ENVIRONMENT_WORDS = ENVIRONMENTS.map((word) => Buffer.from(word))

/** 1 for the codes that `isCurrency` knows, by three letters of 5 bits. */
const CURRENCY_CODES = new Uint8Array(32 * 32 * 32)
for (let code = 0; code < CURRENCY_CODES.length; code += 1) {
  const letters = String.fromCharCode(64 + (code >> 10), 64 + ((code >> 5) & 31), 64 + (code & 31))
  if (isCurrency(letters)) CURRENCY_CODES[code] = 1
}

/** Reads the value of a field into the draft. Returns the place behind it, -1 for what the careful path must look at. */
export function scanField(source: Viewed, at: number, end: number, field: number, context: IngestContext): number {
  const place = SLOTS[field] as number
  const longest = LONGEST[field] as number
  const { bytes } = source
  switch (KINDS[field]) {
    case TEXT:
      return scanText(source, at, end, place, longest)
    case TIME: {
      const behind = scanTime(source, at, place !== EVENT_TIME)
      if (behind !== -1) times[place] = read.time
      return behind
    }
    case WORD: {
      const behind = scanText(source, at, end, place, 10)
      return isOneOf(bytes, place, place === PLATFORM ? PLATFORM_WORDS : ENVIRONMENT_WORDS) ? behind : -1
    }
    case LETTERS: {
      const behind = scanText(source, at, end, place, longest)
      return behind === -1 || lengths[place] === 0 || isCode(bytes, place, longest) ? behind : -1
    }
    case MONEY:
      return scanMoney(bytes, at)
    case JSON_OBJECT:
      return scanJson(source, at, end, place, longest)
    case ADDRESS:
      return scanAddress(source, at, end, longest, context)
    default:
      return -1
  }
}

/** Reads a text into its slot, like `scanField`. */
export function scanText(source: Viewed, at: number, end: number, place: number, longest: number): number {
  const { bytes } = source
  if (bytes[at] !== QUOTE) return -1
  const stop = textStop(source, at + 1, end)
  const length = stop - at - 1
  // More bytes than characters are allowed may still be few enough characters: the careful path counts them.
  if (stop >= end || bytes[stop] !== QUOTE || length > longest) return -1
  starts[place] = at + 1
  lengths[place] = length
  return stop + 1
}

function isOneOf(bytes: Buffer, place: number, words: readonly Buffer[]): boolean {
  const start = starts[place] as number
  const length = lengths[place] as number
  for (const word of words) {
    if (word.length !== length) continue
    let i = 0
    while (i < length && word[i] === bytes[start + i]) i += 1
    if (i === length) return true
  }
  return false
}

/** Whether a text is a country or currency code: so many ASCII letters, and for currencies a known one. */
function isCode(bytes: Buffer, place: number, letters: number): boolean {
  if (lengths[place] !== letters) return false
  const start = starts[place] as number
  let code = 0
  for (let i = start; i < start + letters; i += 1) {
    const letter = (bytes[i] as number) | 0x20
    if (letter < 0x61 || letter > 0x7a) return false
    code = (code << 5) | (letter & 31)
  }
  return letters === 2 || CURRENCY_CODES[code] === 1
}

/** Amounts of at most nine digits before the point and six after it: exact in millionths. */
function scanMoney(bytes: Buffer, at: number): number {
  let place = at
  const negative = bytes[place] === MINUS
  if (negative) place += 1
  const start = place
  let value = 0
  let digit = (bytes[place] as number) - 0x30
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    place += 1
    digit = (bytes[place] as number) - 0x30
  }
  const whole = place - start
  if (whole === 0 || whole > 9 || (bytes[start] === 0x30 && whole > 1)) return -1
  let missing = 6
  if (bytes[place] === POINT) {
    place += 1
    digit = (bytes[place] as number) - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      missing -= 1
      if (missing < 0) return -1
      place += 1
      digit = (bytes[place] as number) - 0x30
    }
  }
  for (; missing > 0; missing -= 1) value *= 10
  draftMillionths(negative ? -value : value)
  return place
}

function scanJson(source: Viewed, at: number, end: number, place: number, longest: number): number {
  if (source.bytes[at] !== OPEN_BRACE) return -1
  const behind = scanObject(source, at, end, DEEPEST)
  if (behind === -1 || behind - at > longest) return -1
  starts[place] = at
  lengths[place] = found.empty ? 0 : behind - at
  if (place === PROPERTIES) draft.propertiesSpaced = found.spaced
  else draft.consentSpaced = found.spaced
  return behind
}

/** A device's own word about its address is not believed, and not kept either; a server's is, and says the country. */
function scanAddress(source: Viewed, at: number, end: number, longest: number, context: IngestContext): number {
  const behind = scanText(source, at, end, IP, longest)
  if (behind === -1) return -1
  draft.country = ''
  if (!context.fromServer) lengths[IP] = 0
  else if (lengths[IP] !== 0) {
    const ip = source.bytes.toString('latin1', at + 1, behind - 1)
    if (isIP(ip) === 0) return -1
    draft.country = context.countryOf(ip)
  }
  return behind
}
