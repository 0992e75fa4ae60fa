import type { IngestContext } from '../context.ts'
import { FUTURE_LIMIT } from '../event-limits.ts'
import type { Viewed } from './bytes.ts'
import * as byte from './bytes.ts'
import * as slot from './draft.ts'
import * as known from './fields.ts'
import * as json from './json.ts'
import * as before from './previous.ts'
import * as value from './values.ts'

/*
 * What is imported is looked up in its module at each use; constants of the module itself are known when its code is compiled.
 * In the scanner's loops that makes much of the difference.
 */
const { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, QUOTE, skipSpace, textStop, trimEnd } = byte
const { clearDraft, CURRENCY, DEVICE_ID, draft, EVENT_ID, EVENT_NAME, EVENT_TIME, lengths, starts, times } = slot
const { ADDRESS, fieldOf, KINDS, LONGEST, MONEY, SLOTS, TEXT, TEXT_OF, TIME } = known
const { isWord } = json
const { ENTRY, entries, findPrevious, NEXT_AT, otherHalf, previous, sameBytes, TEXT_SLOT, VALUE_AT } = before
const { scanField, scanText } = value

/** The field that `scanName` read. */
const told = { field: 0 }

/**
 * Fills the draft from one line or array item without parsing it. It takes what is plain and right by every rule of the
 * contract; whatever is unusual or wrong is left to the careful path, which decides and names the field.
 * @param source the body, valid UTF-8 between the two places
 * @returns whether the draft is filled; it points into the body
 */
export function scanEvent(source: Viewed, start: number, stop: number, context: IngestContext): boolean {
  const { bytes } = source
  const end = trimEnd(bytes, start, stop)
  let at = skipSpace(bytes, start, end)
  // The byte at the end being a brace, scanning what is no text cannot run past it.
  if (at >= end || bytes[at] !== OPEN_BRACE || bytes[end - 1] !== CLOSE_BRACE) return false
  const follows = previous.source === source && previous.context === context
  // Until this event turns out right, nothing follows from what is in the draft.
  previous.source = undefined
  if (!follows) {
    clearDraft()
    previous.behind = previous.first
    previous.seen = 0
  }
  const { first, behind, end: beforeEnd } = previous
  const ours = otherHalf(first)
  const begin = at
  let changed = follows ? 0 : -1
  let seen = 0
  let entry = ours
  /** The next field of the event before, and the comma or brace in front of it. */
  let theirs = first
  let from = previous.start
  for (;;) {
    // At the opening brace, or at the comma behind a value.
    let same = -1
    let shift = 0
    if (theirs < behind) {
      same = from + sameBytes(source, from, beforeEnd, at, end)
      shift = at - from
      for (; theirs < behind; theirs += ENTRY) {
        const next = entries[theirs + NEXT_AT] as number
        if (next >= same) break
        const field = entries[theirs] as number
        if ((seen & (1 << field)) !== 0) return false
        seen |= 1 << field
        const text = entries[theirs + TEXT_SLOT] as number
        from = next
        at = from + shift
        entries[entry] = field
        entries[entry + TEXT_SLOT] = text
        entries[entry + VALUE_AT] = (entries[theirs + VALUE_AT] as number) + shift
        entries[entry + NEXT_AT] = at
        starts[text] = (starts[text] as number) + shift
        entry += ENTRY
      }
      if (entry > ours && bytes[at] === CLOSE_BRACE) break
    }
    let field: number
    if (theirs < behind && (entries[theirs + VALUE_AT] as number) <= same) {
      field = entries[theirs] as number
      at = (entries[theirs + VALUE_AT] as number) + shift
      from = entries[theirs + NEXT_AT] as number
      theirs += ENTRY
    } else {
      at = scanName(source, at + 1, end)
      if (at === -1) return false
      field = told.field
      const found = findPrevious(field, theirs)
      if (found !== -1) {
        from = entries[found + NEXT_AT] as number
        theirs = found + ENTRY
      }
    }
    if ((seen & (1 << field)) !== 0) return false
    seen |= 1 << field
    changed |= 1 << field
    if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at, end)
    entries[entry] = field
    entries[entry + TEXT_SLOT] = TEXT_OF[field] as number
    entries[entry + VALUE_AT] = at
    // SDKs send null for what they do not know: the same as not sending it.
    if (bytes[at] === 0x6e) {
      if (!isWord(bytes, at, 0x75, 0x6c, 0x6c)) return false
      at += 4
      clearField(field)
    } else {
      at =
        KINDS[field] === TEXT
          ? scanText(source, at, end, SLOTS[field] as number, LONGEST[field] as number)
          : scanField(source, at, end, field, context)
      if (at === -1) return false
    }
    if (at >= end) return false
    if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at, end)
    entries[entry + NEXT_AT] = at
    entry += ENTRY
    if (bytes[at] !== COMMA) break
  }
  if (bytes[at] !== CLOSE_BRACE || at !== end - 1) return false
  const gone = previous.seen & ~seen
  for (let rest = gone; rest !== 0; rest &= rest - 1) clearField(31 - Math.clz32(rest & -rest))
  if (!isWhole(bytes, context)) return false
  draft.changed = changed | gone
  previous.source = source
  previous.context = context
  previous.start = begin
  previous.end = end
  previous.first = ours
  previous.behind = entry
  previous.seen = seen
  return true
}

/** Takes out of the draft what an event before said. */
function clearField(field: number): void {
  const place = SLOTS[field] as number
  const kind = KINDS[field]
  if (kind === TIME) times[place] = 0
  else if (kind === MONEY) draft.hasRevenue = false
  else lengths[place] = 0
  if (kind === ADDRESS) draft.country = ''
}

/** Reads a field's name and the colon. Returns the place of the value, with the field in `told`; -1 for an unknown name. */
function scanName(source: Viewed, from: number, end: number): number {
  const { bytes } = source
  let at = (bytes[from] as number) <= 0x20 ? skipSpace(bytes, from, end) : from
  if (bytes[at] !== QUOTE) return -1
  const name = at + 1
  at = textStop(source, name, end)
  if (at >= end || bytes[at] !== QUOTE) return -1
  const field = fieldOf(bytes, name, at - name)
  if (field === -1) return -1
  told.field = field
  at += 1
  if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at, end)
  if (bytes[at] !== COLON) return -1
  at += 1
  return (bytes[at] as number) <= 0x20 ? skipSpace(bytes, at, end) : at
}

/** The rules between fields. */
function isWhole(bytes: Buffer, { receivedAt }: IngestContext): boolean {
  return (
    isSaying(bytes, EVENT_ID) &&
    isSaying(bytes, EVENT_NAME) &&
    isSaying(bytes, DEVICE_ID) &&
    (times[EVENT_TIME] as number) <= receivedAt + FUTURE_LIMIT &&
    (!draft.hasRevenue || lengths[CURRENCY] !== 0)
  )
}

/** Whether a text surely is not blank. Unicode's white space begins with the bytes that are left out here. */
function isSaying(bytes: Buffer, place: number): boolean {
  if (lengths[place] === 0) return false
  const first = bytes[starts[place] as number] as number
  return first > 0x20 && first !== 0xc2 && first !== 0xe1 && first !== 0xe2 && first !== 0xe3 && first !== 0xef
}
