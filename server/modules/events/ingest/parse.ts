import { isUtf8 } from 'node:buffer'
import type { FrameInput } from '#server/eventlog/types.ts'
import { AppError } from '#server/platform/errors.ts'
import { Batch, type IngestKind } from './batch.ts'
import type { IngestContext, IngestResult } from './context.ts'
import { mayLoseDigits, parseExactly } from './json.ts'
import { Refusal } from './refusal.ts'

/** Contract: at most 10,000 events a request. */
export const MOST_ITEMS = 10_000

function tooMany(): AppError {
  return new AppError('too_large', `A request may hold at most ${MOST_ITEMS} events. Send the rest in another one.`)
}

const unreadable = (raw: string) =>
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
 * Splits NDJSON into its lines. Blank lines are skipped but counted in `index`.
 * A line that cannot be read becomes an item with a refusal; the others stand.
 * @throws AppError `too_large` past 10,000 lines
 */
export function parseNdjson(body: Buffer): ParsedItem[] {
  if (!isUtf8(body)) return parseBrokenNdjson(body)
  const text = body.toString('utf8')
  const parse = mayLoseDigits(text) ? parseExactly : JSON.parse
  const items: ParsedItem[] = []
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  for (let index = 0; start < text.length; index += 1) {
    let end = text.indexOf('\n', start)
    if (end === -1) end = text.length
    const line = text.slice(start, end)
    start = end + 1
    const item = parseLine(line, index, parse)
    if (item) items.push(item)
    if (items.length > MOST_ITEMS) throw tooMany()
  }
  return items
}

function parseLine(line: string, index: number, parse: (text: string) => unknown): ParsedItem | null {
  const raw = () => line
  try {
    return { index, value: parse(line), raw }
  } catch {
    if (line.trim() === '') return null
    return { index, value: undefined, refusal: new Refusal('invalid_json', unreadable(line)), raw }
  }
}

/** NDJSON in which some bytes are no UTF-8: only the lines with them are refused. */
function parseBrokenNdjson(body: Buffer): ParsedItem[] {
  const items: ParsedItem[] = []
  let start = 0
  for (let index = 0; start < body.length; index += 1) {
    let end = body.indexOf(0x0a, start)
    if (end === -1) end = body.length
    const bytes = body.subarray(start, end)
    start = end + 1
    const line = bytes.toString('utf8')
    if (isUtf8(bytes)) {
      const item = parseLine(line, index, mayLoseDigits(line) ? parseExactly : JSON.parse)
      if (item) items.push(item)
    } else {
      const refusal = new Refusal('invalid_utf8', 'The line is not valid UTF-8. Encode the body as UTF-8.')
      items.push({ index, value: undefined, refusal, raw: () => line })
    }
    if (items.length > MOST_ITEMS) throw tooMany()
  }
  return items
}

/**
 * Reads a JSON object or array of objects.
 * @throws AppError `bad_request` when the body cannot be read, `too_large` past 10,000 items
 */
export function parseJson(body: Buffer): ParsedItem[] {
  if (!isUtf8(body)) throw new AppError('bad_request', 'The body is not valid UTF-8. Encode it as UTF-8.')
  const text = body.toString('utf8').replace(/^\ufeff/, '')
  let value: unknown
  try {
    value = mayLoseDigits(text) ? parseExactly(text) : JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? ` (${cause.message.slice(0, 120)})` : ''
    throw new AppError(
      'bad_request',
      `The body is not readable JSON${reason}. For one object a line, send Content-Type: application/x-ndjson.`,
      { cause },
    )
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length > MOST_ITEMS) throw tooMany()
  return values.map((item, index) => ({ index, value: item, raw: () => textOf(item) }))
}

/** The text of an array item, for the dead letters. Parsing knows no depth limit, writing does. */
function textOf(item: unknown): string {
  try {
    return JSON.stringify(item)
  } catch {
    return '(nested too deeply to be kept)'
  }
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
