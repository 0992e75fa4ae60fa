import { hash } from 'node:crypto'
import type { FrameInput } from '#server/eventlog/types.ts'
import { type IngestContext, type IngestResult, RAW_BYTES } from './context.ts'
import { eventLine } from './event.ts'
import { quote } from './json.ts'
import { Refusal } from './refusal.ts'
import { frameLine } from './row.ts'
import { formatTime } from './time.ts'
import { touchpointLine } from './touchpoint.ts'

export type IngestKind = 'event' | 'touchpoint'

/** Collects what becomes of the lines of one request: rows for the log, refusals for the answer and the dead letters. */
export class Batch {
  readonly #kind: IngestKind
  readonly #context: IngestContext
  readonly #toLine: typeof eventLine
  readonly #prefix: string
  readonly #result: IngestResult = { accepted: 0, rejected: [], nonIdempotent: 0, frames: [] }
  #accepted = ''
  #rejected = ''

  constructor(kind: IngestKind, context: IngestContext) {
    this.#kind = kind
    this.#context = context
    this.#toLine = kind === 'event' ? eventLine : touchpointLine
    const { orgId, appId, requestId, receivedAt } = context
    this.#prefix =
      `{"org_id":${quote(orgId)},"app_id":${quote(appId)},"request_id":${quote(requestId)},` +
      `"received_at":"${formatTime(receivedAt)}"`
  }

  /**
   * Checks one parsed item.
   * @param index its line or array place
   * @param raw gives its text, asked for only when it is refused
   */
  add(value: unknown, index: number, raw: () => string): void {
    try {
      const { line, idempotent } = this.#toLine(value, this.#context, this.#prefix)
      this.#accepted += line
      this.#result.accepted += 1
      if (!idempotent) this.#result.nonIdempotent += 1
    } catch (error) {
      // One item that trips over a fault of ours must not take the others with it.
      if (!(error instanceof Refusal)) this.#context.onUnexpected?.(error)
      this.refuse(error instanceof Refusal ? error : unexpected(), index, raw())
    }
  }

  /**
   * Keeps a refused item as a dead letter. Its id comes from its text and the day (UTC), so that a client that retries
   * the same bad event all day is kept once a day, not once a try.
   */
  refuse({ code, message, field }: Refusal, index: number, raw: string): void {
    const { appId, receivedAt } = this.#context
    this.#result.rejected.push({ index, code, message, field })
    const day = formatTime(receivedAt).slice(0, 10)
    const id = `rej_${hash('md5', `${this.#kind}\n${day}\n${raw}`, 'hex')}`
    const row =
      `${this.#prefix},"rejected_id":"${id}","kind":"${this.#kind}","code":"${code}","field":${quote(field)},` +
      `"message":${quote(message)},"raw":${quote(cutToBytes(raw, RAW_BYTES))}}`
    this.#rejected += frameLine(appId, id, row)
  }

  /** The outcome, once everything was added. */
  finish(): IngestResult {
    const { accepted, rejected } = this.#result
    const frames: FrameInput[] = []
    if (accepted > 0) frames.push({ kind: this.#kind, payload: Buffer.from(this.#accepted), rows: accepted })
    if (rejected.length > 0) {
      frames.push({ kind: 'rejected', payload: Buffer.from(this.#rejected), rows: rejected.length })
    }
    return { ...this.#result, frames }
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
