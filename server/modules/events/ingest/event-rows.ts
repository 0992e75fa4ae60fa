import { INDEX_ENTRY, INDEX_KEY_AT, INDEX_LENGTH_AT } from '#server/eventlog/packed/layout.ts'
import { type FrameInput, PACKED } from '#server/eventlog/types.ts'
import { discard } from '#server/platform/memory.ts'
import type { IngestContext } from './context.ts'
import * as hash from './md5.ts'
import { type Viewed, viewed } from './scan/bytes.ts'
import * as slot from './scan/draft.ts'
import { bitsOf } from './scan/fields.ts'
import * as puts from './scan/put.ts'
import * as putsDraft from './scan/put-draft.ts'

// Known when the code is compiled: see scan/event.ts.
const { putBytes, putInt64, putLength } = puts
const { put, putJson, putOr, putRevenue, putUpper, putWhole } = putsDraft
const { DIGEST_BYTES, digests, md5Pair, message, SECOND_TEXT } = hash
const { draft, lengths, starts, times } = slot
const { EVENT_ID, EVENT_NAME, EVENT_TIME, ENVIRONMENT, PLATFORM, DEVICE_ID, INSTALL_REFERRER, REFERRER_CLICK_TIME } =
  slot
const { TIME_COUNT, IP, USER_AGENT, OS_VERSION, LOCALE, COUNTRY, CURRENCY, PROPERTIES, CONSENT } = slot

/** Contract: older than 30 d is accepted and marked late. */
const LATE_AFTER = 30 * 24 * 3_600_000
/** A frame is closed past it: the log takes at most 64 MB in one, and a batch of 10,000 may hold more. */
const FRAME_BYTES = 16 * 1024 * 1024
/** Lengths, flags and times of a row, besides its texts. */
const FIXED_BYTES = 256
/** What the rows' buffer begins with, and up to where it is kept, so that one large batch does not hold memory for ever. */
const FIRST_BYTES = 512 * 1024
const KEPT_BYTES = 4 * 1024 * 1024

const KIND_FIELDS = bitsOf('environment', 'platform')
const SOURCE_FIELDS = bitsOf(
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
)
const MODEL_FIELDS = bitsOf('os_version', 'app_version', 'sdk_version', 'device_model', 'locale')

const NONE = viewed(Buffer.alloc(0))

/**
 * Writes drafts as packed rows (server/eventlog/packed) for one batch. The buffers are reused: one batch at a time.
 */
export class EventRows {
  #out: Viewed = viewed(Buffer.allocUnsafeSlow(FIRST_BYTES))
  #at = 0
  #index: Viewed = viewed(Buffer.allocUnsafeSlow(1024 * INDEX_ENTRY))
  #rows = 0
  #frames: FrameInput[] = []
  /** `log_position` and what all rows of the batch share. */
  #head: Viewed = viewed(Buffer.alloc(256))
  #headLength = 0
  #environment: Viewed = viewed(Buffer.from('production'))
  #platform: Viewed = NONE
  #ip: Viewed = NONE
  #agent: Viewed = NONE
  #country: Viewed = NONE
  #receivedAt = 0
  #keyed = false
  #mostShared = 0
  /** How many bytes of the text to hash all rows share. */
  #hashedPrefix = 0
  /** Length of the text to hash of the row that has no hash yet. */
  #waiting = 0

  /** Where in the row before stands what the next one often has, too: it is copied whole. */
  #kindAt = 0
  #kindBytes = 0
  #sourceAt = 0
  #sourceBytes = 0
  #modelAt = 0
  #modelBytes = 0
  /** The row before is of the same batch and frame. */
  #follows = false

  /** Begins a batch; what a batch before left behind is dropped. */
  begin(context: IngestContext): void {
    const { orgId, appId, requestId, receivedAt, platform, fromServer, ip, userAgent, countryOf } = context
    this.#at = 0
    this.#rows = 0
    this.#follows = false
    this.#frames = []
    this.#receivedAt = receivedAt
    this.#keyed = context.keyed === true
    const needed = 64 + 3 * (orgId.length + appId.length + requestId.length)
    if (needed > this.#head.bytes.length) this.#head = viewed(Buffer.alloc(needed))
    let at = putString(this.#head, 8, orgId)
    at = putString(this.#head, at, appId)
    at = putString(this.#head, at, requestId)
    this.#headLength = putInt64(this.#head, at, receivedAt)
    this.#platform = bytesOf(platform)
    this.#ip = fromServer ? NONE : bytesOf(ip)
    this.#agent = fromServer ? NONE : bytesOf(userAgent)
    this.#country = fromServer || ip === '' ? NONE : bytesOf(countryOf(ip))
    this.#mostShared =
      FIXED_BYTES + this.#headLength + this.#ip.bytes.length + this.#agent.bytes.length + this.#country.bytes.length
    this.#hashedPrefix = message.bytes.write(`${appId}\n`)
    message.bytes.copyWithin(SECOND_TEXT, 0, this.#hashedPrefix)
  }

  /**
   * Writes the draft as a row.
   * @param from where the draft's texts stand
   * @param most at least as many bytes as they have together
   */
  add(from: Viewed, most: number): void {
    if (this.#at > FRAME_BYTES) this.#seal()
    const begin = this.#at
    const needed = begin + this.#mostShared + most
    if (needed > this.#out.bytes.length) this.#out = enlarged(this.#out, begin, needed)
    const out = this.#out
    const { bytes } = out
    let at = putBytes(out, begin, this.#head, 0, this.#headLength)
    at = put(out, at, from, EVENT_ID)
    at = put(out, at, from, EVENT_NAME)
    const time = times[EVENT_TIME] || this.#receivedAt
    at = putInt64(out, at, time)
    bytes[at++] = time < this.#receivedAt - LATE_AFTER ? 1 : 0
    const changed = this.#follows ? draft.changed : -1
    at = this.#putKind(at, from, changed)
    at = put(out, at, from, DEVICE_ID)
    at = this.#putSource(at, from, changed)
    at = this.#putModel(at, from, changed)
    at = lengths[COUNTRY] === 0 ? this.#putCountry(at) : putUpper(out, at, from, COUNTRY)
    bytes[at++] = draft.hasRevenue ? 0 : 1
    if (draft.hasRevenue) at = putRevenue(out, at)
    at = putUpper(out, at, from, CURRENCY)
    at = draft.propertiesSpaced ? putJson(out, at, from, PROPERTIES) : put(out, at, from, PROPERTIES)
    at = draft.consentSpaced ? putJson(out, at, from, CONSENT) : put(out, at, from, CONSENT)
    this.#at = at
    this.#follows = true
    this.#addEntry(from, at - begin)
  }

  /** The rows as frames for the log; none for a batch without rows. Ends the batch. */
  finish(): FrameInput[] {
    if (this.#rows > 0) this.#seal()
    const frames = this.#frames
    this.#frames = []
    if (this.#out.bytes.length > KEPT_BYTES) {
      discard(this.#out.bytes)
      this.#out = viewed(Buffer.allocUnsafeSlow(FIRST_BYTES))
    }
    return frames
  }

  /** What kind of app it comes from. */
  #putKind(at: number, from: Viewed, changed: number): number {
    const out = this.#out
    let end = at
    if ((changed & KIND_FIELDS) === 0) {
      end = putBytes(out, at, out, this.#kindAt, this.#kindBytes)
    } else {
      end = putOr(out, end, from, ENVIRONMENT, this.#environment)
      end = putOr(out, end, from, PLATFORM, this.#platform)
      this.#kindBytes = end - at
    }
    this.#kindAt = at
    return end
  }

  /** By what the device is known elsewhere, and where the install came from. */
  #putSource(at: number, from: Viewed, changed: number): number {
    const out = this.#out
    let end = at
    if ((changed & SOURCE_FIELDS) === 0) {
      end = putBytes(out, at, out, this.#sourceAt, this.#sourceBytes)
    } else {
      for (let text = DEVICE_ID + 1; text <= INSTALL_REFERRER; text += 1) end = put(out, end, from, text)
      for (let i = REFERRER_CLICK_TIME; i < TIME_COUNT; i += 1) {
        const given = times[i] as number
        out.bytes[end++] = given === 0 ? 1 : 0
        if (given !== 0) end = putInt64(out, end, given)
      }
      end = putOr(out, end, from, IP, this.#ip)
      end = putOr(out, end, from, USER_AGENT, this.#agent)
      this.#sourceBytes = end - at
    }
    this.#sourceAt = at
    return end
  }

  /** Versions and model. */
  #putModel(at: number, from: Viewed, changed: number): number {
    const out = this.#out
    let end = at
    if ((changed & MODEL_FIELDS) === 0) {
      end = putBytes(out, at, out, this.#modelAt, this.#modelBytes)
    } else {
      for (let text = OS_VERSION; text <= LOCALE; text += 1) end = put(out, end, from, text)
      this.#modelBytes = end - at
    }
    this.#modelAt = at
    return end
  }

  /** The country of the row's address: the one that the event names, or the sender's. */
  #putCountry(at: number): number {
    if (lengths[IP] === 0) return putWhole(this.#out, at, this.#country)
    const { bytes } = this.#out
    const length = bytes.write(draft.country, at + 1)
    bytes[at] = length
    return at + 1 + length
  }

  #addEntry(from: Viewed, length: number): void {
    const at = this.#rows * INDEX_ENTRY
    if (at === this.#index.bytes.length) this.#index = enlarged(this.#index, at, at * 2)
    const index = this.#index
    this.#hash(from, starts[EVENT_ID] as number, lengths[EVENT_ID] as number)
    index.view.setInt32(at + INDEX_LENGTH_AT, length, true)
    const key = this.#keyed ? fnv1a(from.bytes, starts[DEVICE_ID] as number, lengths[DEVICE_ID] as number) : 0
    index.view.setInt32(at + INDEX_KEY_AT, key, true)
    this.#rows += 1
  }

  /** Hashes are made for two rows together: the first one's waits for the second, or for the end of the frame. */
  #hash(from: Viewed, start: number, length: number): void {
    if ((this.#rows & 1) === 0) {
      this.#waiting = putBytes(message, this.#hashedPrefix, from, start, length)
    } else {
      const second = putBytes(message, SECOND_TEXT + this.#hashedPrefix, from, start, length) - SECOND_TEXT
      md5Pair(this.#waiting, second)
      putBytes(this.#index, (this.#rows - 1) * INDEX_ENTRY, digests, 0, DIGEST_BYTES)
      putBytes(this.#index, this.#rows * INDEX_ENTRY, digests, DIGEST_BYTES, DIGEST_BYTES)
    }
  }

  #seal(): void {
    if ((this.#rows & 1) === 1) {
      md5Pair(this.#waiting, 0)
      putBytes(this.#index, (this.#rows - 1) * INDEX_ENTRY, digests, 0, DIGEST_BYTES)
    }
    const indexBytes = this.#rows * INDEX_ENTRY
    const payload = Buffer.allocUnsafeSlow(indexBytes + this.#at)
    this.#index.bytes.copy(payload, 0, 0, indexBytes)
    this.#out.bytes.copy(payload, indexBytes, 0, this.#at)
    this.#frames.push({ kind: 'event', encoding: PACKED, payload, rows: this.#rows })
    this.#rows = 0
    this.#at = 0
    this.#follows = false
  }
}

function enlarged({ bytes }: Viewed, used: number, needed: number): Viewed {
  const bigger = Buffer.allocUnsafeSlow(Math.max(needed, bytes.length * 2))
  bytes.copy(bigger, 0, 0, used)
  discard(bytes)
  return viewed(bigger)
}

/** Texts that many batches share, as bytes: senders' addresses and user agents come again and again. */
const known = new Map<string, Viewed>()
const MOST_KNOWN = 2_000

function bytesOf(text: string): Viewed {
  const bytes = known.get(text)
  if (bytes !== undefined) return bytes
  if (known.size === MOST_KNOWN) known.clear()
  const made = viewed(Buffer.from(text))
  known.set(text, made)
  return made
}

/** Writes a text as RowBinary does, its length in front. Returns the place behind it. */
function putString(out: Viewed, at: number, text: string): number {
  const body = putLength(out, at, Buffer.byteLength(text))
  return body + out.bytes.write(text, body)
}

/** The FNV-1a hash of some bytes, 32 bits. */
function fnv1a(bytes: Buffer, start: number, length: number): number {
  let value = 0x811c_9dc5
  for (let i = start; i < start + length; i += 1) value = Math.imul(value ^ (bytes[i] as number), 0x0100_0193)
  return value >>> 0
}
