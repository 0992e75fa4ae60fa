import type { IncomingMessage, ServerResponse } from 'node:http'
import { isObject, type JsonObject, MOST_ITEMS, type ParsedItem, parseJson } from '#server/modules/events/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import type { Sender } from '../../auth.ts'
import { type BodyLimit, readBody } from '../../body.ts'
import { type Collector, type RequestInfo, userAgentOf } from '../../context.ts'
import { admitUnreadable, keepUnreadable } from '../../ingest.ts'
import { sendJson } from '../../respond.ts'
import { type Accepted, accept, doorContext, doorItem, unexpected, without } from '../accept.ts'
import { type CallType, MESSAGE_BYTES, type SegmentCall, segmentEvent } from './message.ts'
import { credentials, segmentSender } from './sender.ts'

const limitOf = (bytes: number): BodyLimit => ({
  bytes,
  message: `Segment's API takes at most ${bytes / 1024} KB at this address. Send less, or larger batches to /v1/events.`,
})
/** Segment documents 500 KB for a batch. */
const BATCH = limitOf(500 * 1024)
const MESSAGE = limitOf(MESSAGE_BYTES)

/**
 * Segment's tracking API: one message, or with `call` null a batch of them. Answers `{"success": true}` once everything that
 * was acceptable is durable; refused messages of a batch stand beside it in `rejected` and are kept as dead letters, because
 * Segment's libraries throw a whole batch away when they read a 4xx.
 * @throws AppError with the contract's statuses; nothing was accepted then
 */
export async function handleSegment(
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
  call: CallType | null,
  collector: Collector,
): Promise<void> {
  const receivedAt = collector.clock.now()
  const inHeader = credentials(request.headers.authorization, undefined)
  const proven = inHeader ? await segmentSender(request, info, inHeader, collector) : undefined
  const body = await readBody(request, call === null ? BATCH : MESSAGE)
  try {
    const root = await readRoot(body.bytes, info, collector, proven, receivedAt)
    const sender = proven ?? (await segmentSender(request, info, credentials(undefined, root.writeKey), collector))
    const items = itemsOf(
      root,
      call,
      {
        receivedAt,
        sentAt: root.sentAt,
        context: call === null ? root.context : undefined,
        believesAddress: sender.kind === 'secret',
        fromPage: request.headers.origin !== undefined,
        ip: info.ip,
        userAgent: userAgentOf(request.headers['user-agent']),
      },
      unexpected(info, collector),
    )
    answer(response, await accept(items, sender, info, collector, receivedAt), info)
  } finally {
    body.release()
  }
}

/** The body as an object; what cannot be read is kept as a dead letter where its sender is known already. */
async function readRoot(
  bytes: Buffer,
  info: RequestInfo,
  collector: Collector,
  sender: Sender | undefined,
  receivedAt: number,
): Promise<JsonObject> {
  try {
    const [only, ...more] = parseJson(bytes)
    if (more.length === 0 && isObject(only?.value)) return only.value
    throw new AppError('bad_request', 'The body must be one JSON object, as Segment documents it.')
  } catch (error) {
    if (sender && bytes.length > 0 && error instanceof AppError && error.code === 'bad_request') {
      await admitUnreadable(collector, sender, 'event')
      const context = doorContext(sender, info, collector, receivedAt)
      const text = Buffer.from(withoutKeys(bytes.toString('latin1')), 'latin1')
      await keepUnreadable(text, 'event', context, withoutKeys(error.message), collector)
    }
    throw error
  }
}

/** An unreadable text without the keys in it: what is kept is shown to people who may not see them. */
function withoutKeys(text: string): string {
  return text.replace(/([is]k)_[0-9A-Za-z_-]{8,}/g, '$1_(removed)')
}

/** A message without its write key: refused messages are kept as they were sent. */
const withoutKey = (message: unknown): unknown =>
  isObject(message) && Object.hasOwn(message, 'writeKey') ? without(message, 'writeKey') : message

function itemsOf(
  root: JsonObject,
  call: CallType | null,
  about: SegmentCall,
  onUnexpected: (error: unknown) => void,
): ParsedItem[] {
  const itemOf = (sent: unknown, index: number, implied?: CallType) => {
    const message = withoutKey(sent)
    return doorItem(index, message, () => segmentEvent(message, implied, about), onUnexpected)
  }
  if (call !== null) return [itemOf(root, 0, call)]
  const { batch } = root
  if (!Array.isArray(batch)) {
    throw new AppError('bad_request', 'A batch must have its messages in the array "batch".', { field: 'batch' })
  }
  // A batch of `1,1,1,…` fits into 500 KB a quarter of a million times, and each refusal is kept.
  if (batch.length > MOST_ITEMS) throw new AppError('too_large', `A batch holds at most ${MOST_ITEMS} messages.`)
  return batch.map((message: unknown, index) => itemOf(message, index))
}

function answer(response: ServerResponse, { accepted, rejected, nonIdempotent }: Accepted, info: RequestInfo): void {
  const more = {
    ...(rejected.length > 0 ? { rejected } : {}),
    ...(nonIdempotent > 0 ? { non_idempotent: nonIdempotent } : {}),
  }
  if (accepted > 0 || rejected.length === 0) {
    sendJson(response, 200, { success: true, ...more })
    return
  }
  const [first] = rejected
  sendJson(response, 422, {
    success: false,
    error: { code: 'invalid', message: first?.message, field: first?.field || undefined, request_id: info.requestId },
    ...more,
  })
}
