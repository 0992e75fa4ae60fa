import { hash } from 'node:crypto'
import { type IngestContext, type IngestResult, RAW_BYTES, type Rejection } from './context.ts'
import { draftEvent, drafted } from './event.ts'
import { EventRows } from './event-rows.ts'
import { quote } from './json.ts'
import { Refusal } from './refusal.ts'
import { frameLine } from './row.ts'
import type { Viewed } from './scan/bytes.ts'
import { scanEvent } from './scan/event.ts'
import { formatTime } from './time.ts'
import { touchpointLine } from './touchpoint.ts'

export type IngestKind = 'event' | 'touchpoint'

/** One for all batches: each is made, filled and finished without a pause, and beginning one drops what broke off before. */
const eventRows = new EventRows()

/** Collects what becomes of the lines of one request: rows for the log, refusals for the answer and the dead letters. */
export class Batch {
  readonly #kind: IngestKind
  readonly #context: IngestContext
  #prefix = ''
  readonly #rejections: Rejection[] = []
  #count = 0
  #nonIdempotent = 0
  #touchpoints = ''
  #rejected = ''

  constructor(kind: IngestKind, context: IngestContext) {
    this.#kind = kind
    this.#context = context
    if (kind === 'event') eventRows.begin(context)
  }

  /** Columns that all rows of the batch share: the beginning of a JSON object, without a closing brace. */
  get #shared(): string {
    if (this.#prefix === '') {
      const { orgId, appId, requestId, receivedAt } = this.#context
      this.#prefix =
        `{"org_id":${quote(orgId)},"app_id":${quote(appId)},"request_id":${quote(requestId)},` +
        `"received_at":"${formatTime(receivedAt)}"`
    }
    return this.#prefix
  }

  /**
   * Takes one event of a batch of events as it was sent, if it is plain and right by every rule; otherwise it is to be parsed and given to `add`.
   * @param body valid UTF-8 between the two places
   * @returns whether it was taken
   */
  addPlain(body: Viewed, start: number, end: number): boolean {
    if (!scanEvent(body, start, end, this.#context)) return false
    eventRows.add(body, end - start)
    this.#count += 1
    return true
  }

  /**
   * Checks one parsed item.
   * @param index its line or array place
   * @param raw gives its text, asked for only when it is refused
   */
  add(value: unknown, index: number, raw: () => string): void {
    try {
      if (!this.#accept(value)) this.#nonIdempotent += 1
      this.#count += 1
    } catch (error) {
      // One item that trips over a fault of ours must not take the others with it.
      if (!(error instanceof Refusal)) this.#context.onUnexpected?.(error)
      this.refuse(error instanceof Refusal ? error : unexpected(), index, raw())
    }
  }

  /** Returns whether a retry is known for the same item. */
  #accept(value: unknown): boolean {
    if (this.#kind === 'event') {
      const idempotent = draftEvent(value, this.#context)
      eventRows.add(drafted.texts, drafted.length)
      return idempotent
    }
    const { line, idempotent } = touchpointLine(value, this.#context, this.#shared)
    this.#touchpoints += line
    return idempotent
  }

  /**
   * Keeps a refused item as a dead letter. Its id comes from its text and the day (UTC), so that a client that retries
   * the same bad event all day is kept once a day, not once a try.
   */
  refuse({ code, message, field }: Refusal, index: number, raw: string): void {
    const { appId, receivedAt } = this.#context
    this.#rejections.push({ index, code, message, field })
    const day = formatTime(receivedAt).slice(0, 10)
    const id = `rej_${hash('md5', `${this.#kind}\n${day}\n${raw}`, 'hex')}`
    const row =
      `${this.#shared},"rejected_id":"${id}","kind":"${this.#kind}","code":"${code}","field":${quote(field)},` +
      `"message":${quote(message)},"raw":${quote(cutToBytes(raw, RAW_BYTES))}}`
    this.#rejected += frameLine(appId, id, row)
  }

  /** The outcome, once everything was added. */
  finish(): IngestResult {
    const frames = this.#kind === 'event' ? eventRows.finish() : []
    if (this.#touchpoints !== '') {
      frames.push({ kind: 'touchpoint', payload: Buffer.from(this.#touchpoints), rows: this.#count })
    }
    if (this.#rejections.length > 0) {
      frames.push({ kind: 'rejected', payload: Buffer.from(this.#rejected), rows: this.#rejections.length })
    }
    return { accepted: this.#count, rejected: this.#rejections, nonIdempotent: this.#nonIdempotent, frames }
  }
}

const unexpected = () =>
  new Refusal('internal', 'This one could not be checked because of an error on our side; it was not counted.')

/** The longest beginning of a text that fits into so many bytes of UTF-8, never half a character. */
function cutToBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text
  const encoded = Buffer.from(text)
  if (encoded.length <= bytes) return text
  let end = bytes
  // 10xxxxxx continues a character.
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return encoded.toString('utf8', 0, end)
}
