import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type IngestContext,
  type IngestKind,
  type IngestResult,
  ingest,
  ingestEvents,
  type LinkOrigin,
  namedLinks,
  type ParsedItem,
  parseItems,
  refusedBody,
  splitBody,
  UnreadableBody,
} from '#server/modules/events/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import { admit, billableOf } from './admission.ts'
import { authenticate, type Sender } from './auth.ts'
import { readBody } from './body.ts'
import { append, type Collector, type RequestInfo, userAgentOf } from './context.ts'
import { sendJson } from './respond.ts'

const NDJSON: ReadonlySet<string> = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl'])
/** How many links of a batch are looked up side by side. */
const LOOKUPS_AT_ONCE = 8

type Format = 'ndjson' | 'json' | 'unknown'

/**
 * How the body is written. Text and no type at all are what browsers' beacons send without asking first (CORS).
 * @throws AppError `unsupported_media_type`
 */
function formatOf(contentType: string | undefined): Format {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';')
  const charset = parameters.map((part) => /^\s*charset="?([^"\s]+)"?\s*$/.exec(part)?.[1]).find((name) => name)
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    throw new AppError('unsupported_media_type', 'The body must be UTF-8.', { field: 'content-type' })
  }
  const name = type.trim()
  if (NDJSON.has(name)) return 'ndjson'
  if (name === 'application/json' || name.endsWith('+json')) return 'json'
  if (name === '' || name === 'text/plain') return 'unknown'
  throw new AppError(
    'unsupported_media_type',
    `Content-Type "${name.slice(0, 80)}" is not known. Use application/json, or application/x-ndjson for one object a line.`,
    { field: 'content-type' },
  )
}

/** An array begins with a bracket, and one object on one line reads the same in both formats; the rest is lines. */
function looksLikeJson(body: Buffer): boolean {
  const start = body.toString('latin1', 0, 64).trimStart()
  return start.startsWith('[') || /^\{\s*\r?\n/.test(start)
}

/**
 * `POST /v1/events` and `POST /v1/touchpoints`: authenticates, reads, checks, appends, and answers once it is durable.
 * @throws AppError with the contract's statuses; nothing was accepted then
 */
export async function handleIngest(
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
  kind: IngestKind,
  collector: Collector,
): Promise<void> {
  const receivedAt = collector.clock.now()
  const sender = await authenticate(
    request,
    info.query,
    info.ip,
    kind === 'event' ? { scope: 'events:write', ingestKeys: true } : { scope: 'touchpoints:write', ingestKeys: false },
    collector,
  )
  const requestId = nameOf(request, sender) ?? info.requestId
  response.setHeader('x-request-id', requestId)
  const format = formatOf(request.headers['content-type'])
  const body = await readBody(request)
  try {
    const context: IngestContext = {
      orgId: sender.orgId,
      appId: sender.appId,
      platform: sender.platform,
      receivedAt,
      requestId,
      fromServer: sender.kind === 'secret',
      ip: info.ip,
      userAgent: userAgentOf(request.headers['user-agent']),
      countryOf: collector.countryOf,
      keyed: collector.log.partitions > 1,
      onUnexpected: (error) => collector.logger.error({ err: error, requestId }, `one ${kind} could not be checked`),
    }
    const { accepted, rejected, nonIdempotent, frames } = await check(
      body.bytes,
      format,
      kind,
      context,
      sender,
      collector,
    )
    await append(collector, frames)
    const { metrics } = collector
    if (accepted > 0) metrics.accepted.inc({ kind }, accepted)
    for (const { code } of rejected) metrics.rejected.inc({ kind, code })
    sendJson(response, accepted > 0 ? 202 : 422, {
      accepted,
      rejected,
      ...(nonIdempotent > 0 ? { non_idempotent: nonIdempotent } : {}),
    })
  } finally {
    body.release()
  }
}

/**
 * The name that a server gave its request. An import that is told to go on sends its last request once more under the same
 * name, and so finds all rows that are its own. Devices do not name theirs.
 */
function nameOf(request: IncomingMessage, sender: Sender): string | undefined {
  const given = request.headers['x-request-id']
  return sender.kind === 'secret' && typeof given === 'string' && /^[\w.-]{8,100}$/.test(given) ? given : undefined
}

/** What becomes of a body's events or touchpoints, once limits and plan let them in. */
async function check(
  bytes: Buffer,
  format: Format,
  kind: IngestKind,
  context: IngestContext,
  sender: Sender,
  collector: Collector,
): Promise<IngestResult> {
  const asJson = format === 'json' || (format === 'unknown' && looksLikeJson(bytes))
  let admitted = false
  try {
    const body = splitBody(bytes, asJson ? 'json' : 'ndjson')
    const { count } = body.items
    if (count === 0) throw new AppError('bad_request', `The body holds no ${kind}s.`)
    const billable = () => billableOf(parseItems(body).map(({ value }) => value))
    await admit(collector, sender, kind, { count, billable })
    admitted = true
    if (kind === 'event') return ingestEvents(body, context)
    const items = parseItems(body)
    context.links = await originsOf(items, sender, collector)
    return ingest(items, kind, context)
  } catch (error) {
    if (bytes.length > 0 && error instanceof UnreadableBody) {
      if (!admitted) await admitUnreadable(collector, sender, kind)
      await keepUnreadable(bytes, kind, context, error.message, collector)
    }
    throw error
  }
}

/**
 * Asks limits and plan whether an unreadable body may be kept: it counts as one event.
 * @throws AppError `rate_limited` or `quota_exceeded`; nothing of it is kept then
 */
export function admitUnreadable(collector: Collector, sender: Sender, kind: IngestKind): Promise<void> {
  return admit(collector, sender, kind, { count: 1, billable: () => 1 })
}

/**
 * An unreadable body shows in the console like any refused event, once `admitUnreadable` let it in; that it cannot be kept
 * must not hide its own error.
 */
export async function keepUnreadable(
  bytes: Buffer,
  kind: IngestKind,
  context: IngestContext,
  message: string,
  collector: Collector,
): Promise<void> {
  collector.metrics.rejected.inc({ kind, code: 'invalid_json' })
  try {
    await append(collector, refusedBody(bytes, kind, context, message))
  } catch (error) {
    collector.logger.warn({ err: error, requestId: context.requestId }, 'an unreadable body could not be kept')
  }
}

/** The origins of the links that touchpoints name, as far as they are the sender's app's. */
async function originsOf(
  items: readonly ParsedItem[],
  sender: Sender,
  { links }: Collector,
): Promise<ReadonlyMap<string, LinkOrigin>> {
  const origins = new Map<string, LinkOrigin>()
  const ids = namedLinks(items)
  const next = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const link = await links.link(id)
      if (link && link.orgId === sender.orgId && link.appId === sender.appId) origins.set(id, link)
    }
  }
  await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, next))
  return origins
}
