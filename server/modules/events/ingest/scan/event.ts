import { isIP } from 'node:net'
import type { IngestContext } from '../context.ts'
import { ENVIRONMENTS, FUTURE_LIMIT } from '../event-limits.ts'
import { isCurrency } from '../fields.ts'
import { DEEPEST } from '../properties.ts'
import { CLOSE_BRACE, COLON, COMMA, ENDS_TEXT, MINUS, OPEN_BRACE, POINT, QUOTE, skipSpace, trimEnd } from './bytes.ts'
import * as slot from './draft.ts'
import { clearDraft, draft, draftMillionths, lengths, starts, times } from './draft.ts'
import { ADDRESS, fieldOf, JSON_OBJECT, KINDS, LETTERS, LONGEST, MONEY, SLOTS, TEXT, TIME, WORD } from './fields.ts'
import { found, isWord, scanObject } from './json.ts'
import { read, scanTime } from './time.ts'

const PLATFORM_WORDS = ['android', 'ios', 'web'].map((word) => Buffer.from(word))
const ENVIRONMENT_WORDS = ENVIRONMENTS.map((word) => Buffer.from(word))

/** 1 for the codes that `isCurrency` knows, by three letters of 5 bits. */
const CURRENCY_CODES = new Uint8Array(32 * 32 * 32)
for (let code = 0; code < CURRENCY_CODES.length; code += 1) {
  const letters = String.fromCharCode(64 + (code >> 10), 64 + ((code >> 5) & 31), 64 + (code & 31))
  if (isCurrency(letters)) CURRENCY_CODES[code] = 1
}

/**
 * Fills the draft from one line or array item without parsing it. It takes what is plain and right by every rule of the
 * contract; whatever is unusual or wrong is left to the careful path, which decides and names the field.
 * @param bytes the body, valid UTF-8 between the two places
 * @returns whether the draft is filled; it points into `bytes`
 */
export function scanEvent(bytes: Buffer, start: number, stop: number, context: IngestContext): boolean {
  const end = trimEnd(bytes, start, stop)
  let at = skipSpace(bytes, start, end)
  // The byte at the end being a brace, scanning what is no text cannot run past it.
  if (at >= end || bytes[at] !== OPEN_BRACE || bytes[end - 1] !== CLOSE_BRACE) return false
  clearDraft()
  let seen = 0
  at += 1
  for (;;) {
    if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at, end)
    if (bytes[at] !== QUOTE) return false
    const name = at + 1
    at = behindText(bytes, name, end)
    if (at === -1) return false
    const field = fieldOf(bytes, name, at - 1 - name)
    // Bit 31 is none of theirs: there are fewer fields.
    if (field === -1 || (seen & (1 << field)) !== 0) return false
    seen |= 1 << field
    if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at, end)
    if (bytes[at] !== COLON) return false
    at += 1
    if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at, end)
    // SDKs send null for what they do not know: the same as not sending it.
    if (bytes[at] === 0x6e) {
      if (!isWord(bytes, at, 0x75, 0x6c, 0x6c)) return false
      at += 4
    } else {
      at = scanField(bytes, at, end, field, context)
      if (at === -1) return false
    }
    if (at >= end) return false
    if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at, end)
    if (bytes[at] === COMMA) {
      at += 1
      continue
    }
    return bytes[at] === CLOSE_BRACE && at === end - 1 && isWhole(bytes, context)
  }
}

/** The place behind the closing quote of a text without escapes; -1 otherwise. */
function behindText(bytes: Buffer, at: number, end: number): number {
  let place = at
  while (place < end && ENDS_TEXT[bytes[place] as number] === 0) place += 1
  return place < end && bytes[place] === QUOTE ? place + 1 : -1
}

/** Reads the value of a field into the draft. Returns the place behind it, -1 for what the careful path must look at. */
function scanField(bytes: Buffer, at: number, end: number, field: number, context: IngestContext): number {
  const place = SLOTS[field] as number
  const longest = LONGEST[field] as number
  switch (KINDS[field]) {
    case TEXT:
      return scanText(bytes, at, end, place, longest)
    case TIME: {
      const behind = scanTime(bytes, at, place !== slot.EVENT_TIME)
      if (behind !== -1) times[place] = read.time
      return behind
    }
    case WORD: {
      const behind = scanText(bytes, at, end, place, 10)
      return isOneOf(bytes, place, place === slot.PLATFORM ? PLATFORM_WORDS : ENVIRONMENT_WORDS) ? behind : -1
    }
    case LETTERS: {
      const behind = scanText(bytes, at, end, place, longest)
      return behind === -1 || lengths[place] === 0 || isCode(bytes, place, longest) ? behind : -1
    }
    case MONEY:
      return scanMoney(bytes, at)
    case JSON_OBJECT:
      return scanJson(bytes, at, end, place, longest)
    case ADDRESS:
      return scanAddress(bytes, at, end, longest, context)
    default:
      return -1
  }
}

function scanText(bytes: Buffer, at: number, end: number, place: number, longest: number): number {
  if (bytes[at] !== QUOTE) return -1
  const behind = behindText(bytes, at + 1, end)
  const length = behind - at - 2
  // More bytes than characters are allowed may still be few enough characters: the careful path counts them.
  if (behind === -1 || length > longest) return -1
  starts[place] = at + 1
  lengths[place] = length
  return behind
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

function scanJson(bytes: Buffer, at: number, end: number, place: number, longest: number): number {
  if (bytes[at] !== OPEN_BRACE) return -1
  const behind = scanObject(bytes, at, end, DEEPEST)
  if (behind === -1 || behind - at > longest) return -1
  if (found.empty) return behind
  starts[place] = at
  lengths[place] = behind - at
  if (place === slot.PROPERTIES) draft.propertiesSpaced = found.spaced
  else draft.consentSpaced = found.spaced
  return behind
}

/** A device's own word about its address is not believed, and not kept either; a server's is, and says the country. */
function scanAddress(bytes: Buffer, at: number, end: number, longest: number, context: IngestContext): number {
  const behind = scanText(bytes, at, end, slot.IP, longest)
  if (behind === -1) return -1
  if (!context.fromServer) lengths[slot.IP] = 0
  else if (lengths[slot.IP] !== 0) {
    const ip = bytes.toString('latin1', at + 1, behind - 1)
    if (isIP(ip) === 0) return -1
    draft.country = context.countryOf(ip)
  }
  return behind
}

/** The rules between fields. */
function isWhole(bytes: Buffer, { receivedAt }: IngestContext): boolean {
  return (
    isSaying(bytes, slot.EVENT_ID) &&
    isSaying(bytes, slot.EVENT_NAME) &&
    isSaying(bytes, slot.DEVICE_ID) &&
    (times[slot.EVENT_TIME] as number) <= receivedAt + FUTURE_LIMIT &&
    (!draft.hasRevenue || lengths[slot.CURRENCY] !== 0)
  )
}

/** Whether a text surely is not blank. Unicode's white space begins with the bytes that are left out here. */
function isSaying(bytes: Buffer, place: number): boolean {
  if (lengths[place] === 0) return false
  const first = bytes[starts[place] as number] as number
  return first > 0x20 && first !== 0xc2 && first !== 0xe1 && first !== 0xe2 && first !== 0xe3 && first !== 0xef
}
