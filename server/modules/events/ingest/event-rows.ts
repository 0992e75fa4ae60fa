import { INDEX_ENTRY, INDEX_KEY_AT, INDEX_LENGTH_AT } from '#server/eventlog/packed/layout.ts'
import { type FrameInput, PACKED } from '#server/eventlog/types.ts'
import { discard } from '#server/platform/memory.ts'
import type { IngestContext } from './context.ts'
import { digest, md5, message } from './md5.ts'
import { putBytes, putInt64, putLength, putText } from './scan/bytes.ts'
import * as slot from './scan/draft.ts'
import { draft, lengths, starts, times } from './scan/draft.ts'
import { putCompact } from './scan/json.ts'

/** Contract: older than 30 d is accepted and marked late. */
const LATE_AFTER = 30 * 24 * 3_600_000
/** A frame is closed past it: the log takes at most 64 MB in one, and a batch of 10,000 may hold more. */
const FRAME_BYTES = 16 * 1024 * 1024
/** Lengths, flags and times of a row, besides its texts. */
const FIXED_BYTES = 256
/** What the rows' buffer begins with, and up to where it is kept, so that one large batch does not hold memory for ever. */
const FIRST_BYTES = 512 * 1024
const KEPT_BYTES = 4 * 1024 * 1024

const NONE = Buffer.alloc(0)

/**
 * Writes drafts as packed rows (server/eventlog/packed) for one batch. The buffers are reused: one batch at a time.
 */
export class EventRows {
  #out: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #at = 0
  #index: Buffer = Buffer.allocUnsafeSlow(1024 * INDEX_ENTRY)
  #rows = 0
  #frames: FrameInput[] = []
  /** `log_position` and what all rows of the batch share. */
  #head: Buffer = Buffer.alloc(256)
  #headLength = 0
  #environment: Buffer = Buffer.from('production')
  #platform: Buffer = NONE
  #ip: Buffer = NONE
  #agent: Buffer = NONE
  #country: Buffer = NONE
  #receivedAt = 0
  #keyed = false
  #mostShared = 0
  /** How many bytes of the text to hash all rows share. */
  #hashedPrefix = 0

  /** Begins a batch; what a batch before left behind is dropped. */
  begin(context: IngestContext): void {
    const { orgId, appId, requestId, receivedAt, platform, fromServer, ip, userAgent, countryOf } = context
    this.#at = 0
    this.#rows = 0
    this.#frames = []
    this.#receivedAt = receivedAt
    this.#keyed = context.keyed === true
    const needed = 64 + 3 * (orgId.length + appId.length + requestId.length)
    if (needed > this.#head.length) this.#head = Buffer.alloc(needed)
    let at = putString(this.#head, 8, orgId)
    at = putString(this.#head, at, appId)
    at = putString(this.#head, at, requestId)
    this.#headLength = putInt64(this.#head, at, receivedAt)
    this.#platform = bytesOf(platform)
    this.#ip = fromServer ? NONE : bytesOf(ip)
    this.#agent = fromServer ? NONE : bytesOf(userAgent)
    this.#country = fromServer || ip === '' ? NONE : bytesOf(countryOf(ip))
    this.#mostShared = FIXED_BYTES + this.#headLength + this.#ip.length + this.#agent.length + this.#country.length
    this.#hashedPrefix = message.write(`${appId}\n`)
  }

  /**
   * Writes the draft as a row.
   * @param from where the draft's texts stand
   * @param most at least as many bytes as they have together
   */
  add(from: Buffer, most: number): void {
    if (this.#at > FRAME_BYTES) this.#seal()
    const begin = this.#at
    const needed = begin + this.#mostShared + most
    if (needed > this.#out.length) this.#out = enlarged(this.#out, begin, needed)
    const out = this.#out
    let at = putBytes(out, begin, this.#head, 0, this.#headLength)
    at = put(out, at, from, slot.EVENT_ID)
    at = put(out, at, from, slot.EVENT_NAME)
    const time = times[slot.EVENT_TIME] || this.#receivedAt
    at = putInt64(out, at, time)
    out[at++] = time < this.#receivedAt - LATE_AFTER ? 1 : 0
    at = putOr(out, at, from, slot.ENVIRONMENT, this.#environment)
    at = putOr(out, at, from, slot.PLATFORM, this.#platform)
    for (let text = slot.DEVICE_ID; text <= slot.INSTALL_REFERRER; text += 1) at = put(out, at, from, text)
    for (let i = slot.REFERRER_CLICK_TIME; i < slot.TIME_COUNT; i += 1) {
      const given = times[i] as number
      out[at++] = given === 0 ? 1 : 0
      if (given !== 0) at = putInt64(out, at, given)
    }
    at = putOr(out, at, from, slot.IP, this.#ip)
    at = putOr(out, at, from, slot.USER_AGENT, this.#agent)
    for (let text = slot.OS_VERSION; text <= slot.LOCALE; text += 1) at = put(out, at, from, text)
    at = lengths[slot.COUNTRY] === 0 ? this.#putCountry(at) : putUpper(out, at, from, slot.COUNTRY)
    out[at++] = draft.hasRevenue ? 0 : 1
    if (draft.hasRevenue) at = putRevenue(out, at)
    at = putUpper(out, at, from, slot.CURRENCY)
    at = draft.propertiesSpaced ? putJson(out, at, from, slot.PROPERTIES) : put(out, at, from, slot.PROPERTIES)
    at = draft.consentSpaced ? putJson(out, at, from, slot.CONSENT) : put(out, at, from, slot.CONSENT)
    this.#at = at
    this.#addEntry(from, at - begin)
  }

  /** The rows as frames for the log; none for a batch without rows. Ends the batch. */
  finish(): FrameInput[] {
    if (this.#rows > 0) this.#seal()
    const frames = this.#frames
    this.#frames = []
    if (this.#out.length > KEPT_BYTES) {
      discard(this.#out)
      this.#out = Buffer.allocUnsafeSlow(FIRST_BYTES)
    }
    return frames
  }

  /** The country of the row's address: the one that the event names, or the sender's. */
  #putCountry(at: number): number {
    if (lengths[slot.IP] === 0) return putText(this.#out, at, this.#country, 0, this.#country.length)
    const length = this.#out.write(draft.country, at + 1)
    this.#out[at] = length
    return at + 1 + length
  }

  #addEntry(from: Buffer, length: number): void {
    const at = this.#rows * INDEX_ENTRY
    if (at === this.#index.length) this.#index = enlarged(this.#index, at, at * 2)
    const index = this.#index
    md5(putBytes(message, this.#hashedPrefix, from, starts[slot.EVENT_ID] as number, lengths[slot.EVENT_ID] as number))
    putBytes(index, at, digest, 0, digest.length)
    putWord(index, at + INDEX_LENGTH_AT, length)
    putWord(
      index,
      at + INDEX_KEY_AT,
      this.#keyed ? fnv1a(from, starts[slot.DEVICE_ID] as number, lengths[slot.DEVICE_ID] as number) : 0,
    )
    this.#rows += 1
  }

  #seal(): void {
    const indexBytes = this.#rows * INDEX_ENTRY
    const payload = Buffer.allocUnsafeSlow(indexBytes + this.#at)
    this.#index.copy(payload, 0, 0, indexBytes)
    this.#out.copy(payload, indexBytes, 0, this.#at)
    this.#frames.push({ kind: 'event', encoding: PACKED, payload, rows: this.#rows })
    this.#rows = 0
    this.#at = 0
  }
}

function enlarged(bytes: Buffer, used: number, needed: number): Buffer {
  const bigger = Buffer.allocUnsafeSlow(Math.max(needed, bytes.length * 2))
  bytes.copy(bigger, 0, 0, used)
  discard(bytes)
  return bigger
}

/** Texts that many batches share, as bytes: senders' addresses and user agents come again and again. */
const known = new Map<string, Buffer>()
const MOST_KNOWN = 2_000

function bytesOf(text: string): Buffer {
  const bytes = known.get(text)
  if (bytes !== undefined) return bytes
  if (known.size === MOST_KNOWN) known.clear()
  const made = Buffer.from(text)
  known.set(text, made)
  return made
}

/** Writes a text as RowBinary does, its length in front. Returns the place behind it. */
function putString(out: Buffer, at: number, text: string): number {
  const length = Buffer.byteLength(text)
  const body = putLength(out, at, length)
  return body + out.write(text, body)
}

function put(out: Buffer, at: number, from: Buffer, text: number): number {
  const length = lengths[text] as number
  if (length !== 0) return putText(out, at, from, starts[text] as number, length)
  out[at] = 0
  return at + 1
}

function putOr(out: Buffer, at: number, from: Buffer, text: number, otherwise: Buffer): number {
  if (lengths[text] !== 0) return put(out, at, from, text)
  return putText(out, at, otherwise, 0, otherwise.length)
}

/** Codes of ASCII letters, in upper case. */
function putUpper(out: Buffer, at: number, from: Buffer, text: number): number {
  const start = starts[text] as number
  const length = lengths[text] as number
  out[at] = length
  for (let i = 0; i < length; i += 1) out[at + 1 + i] = (from[start + i] as number) & 0xdf
  return at + 1 + length
}

function putRevenue(out: Buffer, at: number): number {
  putWord(out, at, draft.revenueLow)
  putWord(out, at + 4, draft.revenueHigh)
  return at + 8
}

/** JSON without the white space between its tokens; how long it gets is known afterwards. */
function putJson(out: Buffer, at: number, from: Buffer, text: number): number {
  const start = starts[text] as number
  const body = at + 3
  const length = putCompact(out, body, from, start, start + (lengths[text] as number)) - body
  const behind = putLength(out, at, length)
  out.copyWithin(behind, body, body + length)
  return behind + length
}

function putWord(out: Buffer, at: number, word: number): void {
  out[at] = word
  out[at + 1] = word >>> 8
  out[at + 2] = word >>> 16
  out[at + 3] = word >>> 24
}

/** The FNV-1a hash of some bytes, 32 bits. */
function fnv1a(bytes: Buffer, start: number, length: number): number {
  let value = 0x811c_9dc5
  for (let i = start; i < start + length; i += 1) value = Math.imul(value ^ (bytes[i] as number), 0x0100_0193)
  return value >>> 0
}
