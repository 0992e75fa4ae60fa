import type { IncomingMessage, ServerResponse } from 'node:http'
import { isObject, type JsonObject, MOST_ITEMS, type ParsedItem, parseJson } from '#server/modules/events/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import type { Sender } from '../../auth.ts'
import { readBody } from '../../body.ts'
import { type Collector, type RequestInfo, userAgentOf } from '../../context.ts'
import { keepUnreadable } from '../../ingest.ts'
import { sendJson } from '../../respond.ts'
import { type Accepted, accept, doorContext, doorItem, unexpected } from '../accept.ts'
import { type CallType, MESSAGE_BYTES, type SegmentCall, segmentEvent } from './message.ts'
import { credentials, segmentSender } from './sender.ts'

/** Segment documents 500 KB for a batch. */
const BATCH_BYTES = 500 * 1024

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
  const body = await readBody(request)
  try {
    const most = call === null ? BATCH_BYTES : MESSAGE_BYTES
    if (body.bytes.length > most) {
      throw new AppError(
        'too_large',
        `Segment's API takes at most ${most / 1024} KB at this address. Send less, or larger batches to /v1/events.`,
      )
    }
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
      const context = doorContext(sender, info, collector, receivedAt)
      await keepUnreadable(bytes, 'event', context, error.message, collector)
    }
    throw error
  }
}

function itemsOf(
  root: JsonObject,
  call: CallType | null,
  about: SegmentCall,
  onUnexpected: (error: unknown) => void,
): ParsedItem[] {
  if (call !== null) return [doorItem(0, root, () => segmentEvent(root, call, about), onUnexpected)]
  const { batch } = root
  if (!Array.isArray(batch)) {
    throw new AppError('bad_request', 'A batch must have its messages in the array "batch".', { field: 'batch' })
  }
  // A batch of `1,1,1,…` fits into 500 KB a quarter of a million times, and each refusal is kept.
  if (batch.length > MOST_ITEMS) throw new AppError('too_large', `A batch holds at most ${MOST_ITEMS} messages.`)
  return batch.map((message: unknown, index) =>
    doorItem(index, message, () => segmentEvent(message, undefined, about), onUnexpected),
  )
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
