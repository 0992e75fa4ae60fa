import { isUtf8 } from 'node:buffer'
import type { FrameInput } from '#server/eventlog/types.ts'
import { AppError } from '#server/platform/errors.ts'
import { Batch, type IngestKind } from './batch.ts'
import type { IngestContext, IngestResult } from './context.ts'
import { mayLoseDigits, parseExactly } from './json.ts'
import { Refusal } from './refusal.ts'
import { viewed } from './scan/bytes.ts'
import { forgetPrevious } from './scan/previous.ts'
import { type Split, splitJson, splitLines } from './split.ts'

const unreadableLine = (raw: string) =>
  raw.includes('\ufffd')
    ? 'The line is not readable JSON. Each line must be one JSON object in UTF-8.'
    : 'The line is not readable JSON. Each line must be one JSON object.'

/** One line or array item: a value, or the reason why there is none. */
export interface ParsedItem {
  index: number
  value: unknown
  refusal?: Refusal
  raw: () => string
}

/**
 * Parses the text of one item; numbers that JavaScript cannot hold stay as they were written.
 * @throws SyntaxError
 */
function parseItem(text: string): unknown {
  if (!mayLoseDigits(text)) return JSON.parse(text)
  try {
    return parseExactly(text)
  } catch (error) {
    // Keeping numbers walks the value down to its depth, plain parsing does not; what is that deep is refused anyway.
    if (error instanceof RangeError) return JSON.parse(text)
    throw error
  }
}

/** A body and where its items stand. */
export interface SplitBody {
  bytes: Buffer
  items: Split
  /** All of it is valid UTF-8. */
  isUtf8: boolean
}

/**
 * Finds the items of a body.
 * @throws UnreadableBody for what is surely no JSON; AppError `too_large` past 10,000 items
 */
export function splitBody(bytes: Buffer, format: 'json' | 'ndjson'): SplitBody {
  const valid = isUtf8(bytes)
  if (format === 'ndjson') return { bytes, items: splitLines(bytes), isUtf8: valid }
  if (!valid) throw new UnreadableBody('The body is not valid UTF-8. Encode it as UTF-8.')
  const items = splitJson(bytes)
  if (!items) throw unreadableBody(bytes)
  return { bytes, items, isUtf8: true }
}

/** A body that is one JSON text and cannot be read. */
export class UnreadableBody extends AppError {
  constructor(message: string) {
    super('bad_request', message)
  }
}

function unreadableBody(bytes: Buffer): UnreadableBody {
  let reason = ''
  try {
    JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, ''))
  } catch (error) {
    if (error instanceof SyntaxError) reason = ` (${error.message.slice(0, 120)})`
  }
  return new UnreadableBody(
    `The body is not readable JSON${reason}. For one object a line, send Content-Type: application/x-ndjson.`,
  )
}

/**
 * Reads one item of a body.
 * @throws UnreadableBody where it is not JSON and the body is one JSON text
 */
function readItem({ bytes, items, isUtf8: valid }: SplitBody, item: number): ParsedItem {
  const [start = 0, end = 0, index = 0] = items.places.slice(item * 3, item * 3 + 3)
  const text = bytes.toString('utf8', start, end)
  const raw = () => text
  if (!valid && !isUtf8(bytes.subarray(start, end))) {
    const refusal = new Refusal('invalid_utf8', 'The line is not valid UTF-8. Encode the body as UTF-8.')
    return { index, value: undefined, refusal, raw }
  }
  try {
    return { index, value: parseItem(text), raw }
  } catch {
    if (!items.lines) throw unreadableBody(bytes)
    return { index, value: undefined, refusal: new Refusal('invalid_json', unreadableLine(text)), raw }
  }
}

/**
 * Parses every item of a body; for what is looked at before it is ingested. Events need not be: see `ingestEvents`.
 * A line that cannot be read becomes an item with a refusal; the others stand.
 * @throws UnreadableBody where a body that is one JSON text cannot be read
 */
export function parseItems(body: SplitBody): ParsedItem[] {
  return Array.from({ length: body.items.count }, (_, item) => readItem(body, item))
}

/**
 * Splits NDJSON into its lines and parses them. Blank lines are skipped but counted in `index`.
 * @throws AppError `too_large` past 10,000 lines
 */
export function parseNdjson(body: Buffer): ParsedItem[] {
  return parseItems(splitBody(body, 'ndjson'))
}

/**
 * Reads a JSON object or array of objects.
 * @throws UnreadableBody; AppError `too_large` past 10,000 items
 */
export function parseJson(body: Buffer): ParsedItem[] {
  return parseItems(splitBody(body, 'json'))
}

/**
 * Checks parsed items and turns them into frames for the log.
 * @param kind what the items are
 * @param context the batch: tenant, arrival, sender
 */
export function ingest(items: readonly ParsedItem[], kind: IngestKind, context: IngestContext): IngestResult {
  const batch = new Batch(kind, context)
  for (const { value, index, refusal, raw } of items) {
    if (refusal) batch.refuse(refusal, index, raw())
    else batch.add(value, index, raw)
  }
  return batch.finish()
}

/**
 * Checks the events of a body and turns them into frames for the log; plain ones are never parsed.
 * @param context the batch: tenant, arrival, sender
 * @throws UnreadableBody where a body that is one JSON text cannot be read; nothing is accepted then
 */
export function ingestEvents(body: SplitBody, context: IngestContext): IngestResult {
  const batch = new Batch('event', context)
  const { bytes, items } = body
  const source = viewed(bytes)
  for (let item = 0; item < items.count; item += 1) {
    const start = items.places[item * 3] ?? 0
    const end = items.places[item * 3 + 1] ?? 0
    const plain = body.isUtf8 || isUtf8(bytes.subarray(start, end))
    if (plain && batch.addPlain(source, start, end)) continue
    const { value, index, refusal, raw } = readItem(body, item)
    if (refusal) batch.refuse(refusal, index, raw())
    else batch.add(value, index, raw)
  }
  forgetPrevious()
  return batch.finish()
}

/** The ids of links that touchpoints name, each once, for looking them up before `ingest`. */
export function namedLinks(items: readonly ParsedItem[]): string[] {
  const ids = new Set<string>()
  for (const { value } of items) {
    if (typeof value === 'object' && value !== null && 'link_id' in value && typeof value.link_id === 'string') {
      ids.add(value.link_id)
    }
  }
  return [...ids]
}

/**
 * A body that could not be split into items, as one dead letter.
 * @param message what the sender was told
 */
export function refusedBody(body: Buffer, kind: IngestKind, context: IngestContext, message: string): FrameInput[] {
  const batch = new Batch(kind, context)
  batch.refuse(new Refusal('invalid_json', message), 0, body.toString('utf8'))
  return batch.finish().frames
}
