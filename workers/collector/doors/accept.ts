import {
  type IngestContext,
  ingest,
  type JsonObject,
  type ParsedItem,
  Refusal,
  type Rejection,
} from '#server/modules/events/hot.ts'
import { admit, billableOf } from '../admission.ts'
import type { Sender } from '../auth.ts'
import { append, type Collector, type RequestInfo } from '../context.ts'

/** A foreign message as our event (the contract's fields), before it is checked like any other; absent fields are undefined. */
export type DoorEvent = Record<string, unknown>

/** What became of a request's messages; what was accepted is durable. */
export interface Accepted {
  accepted: number
  rejected: Rejection[]
  /** Accepted without an id or a time of their own: a retry of these counts twice. */
  nonIdempotent: number
}

/**
 * Turns one foreign message into an item for the common ingest path. A message that cannot be translated is refused and
 * kept as it was sent; one that our own checks refuse later is kept as the event it became, and can be replayed.
 * @param index its place in the request
 * @param source the message as it was sent
 * @param translate makes the event; throws Refusal naming the sender's own field
 */
export function doorItem(
  index: number,
  source: unknown,
  translate: () => DoorEvent,
  onUnexpected: (error: unknown) => void,
): ParsedItem {
  try {
    const value = Object.fromEntries(Object.entries(translate()).filter(([, field]) => field !== undefined))
    return { index, value, raw: () => textOf(value) }
  } catch (error) {
    // One message that trips over a fault of ours must not take the others with it.
    if (!(error instanceof Refusal)) onUnexpected(error)
    const refusal = error instanceof Refusal ? error : FAULT
    return { index, value: undefined, refusal, raw: () => textOf(source) }
  }
}

const FAULT = new Refusal('internal', 'This one could not be read because of an error on our side; it was not counted.')

function textOf(source: unknown): string {
  try {
    return JSON.stringify(source) ?? ''
  } catch {
    return '(nested too deeply to be kept)'
  }
}

/** The batch that events of a door belong to. Whose address and user agent an event carries, the door has decided. */
export function doorContext(
  sender: Sender,
  info: RequestInfo,
  collector: Collector,
  receivedAt: number,
): IngestContext {
  return {
    orgId: sender.orgId,
    appId: sender.appId,
    platform: sender.platform,
    receivedAt,
    requestId: info.requestId,
    fromServer: true,
    ip: '',
    userAgent: '',
    countryOf: collector.countryOf,
    keyed: collector.log.partitions > 1,
    onUnexpected: unexpected(info, collector),
  }
}

/** Logs what a translation or check threw that is no refusal. */
export function unexpected(info: RequestInfo, collector: Collector): (error: unknown) => void {
  return (error) => collector.logger.error({ err: error, requestId: info.requestId }, 'one event could not be checked')
}

/**
 * Asks limits and plan, checks the items and appends what they became, refused ones as dead letters.
 * @throws AppError `rate_limited`, `quota_exceeded` or `unavailable`; nothing was accepted then
 */
export async function accept(
  items: readonly ParsedItem[],
  sender: Sender,
  info: RequestInfo,
  collector: Collector,
  receivedAt: number,
): Promise<Accepted> {
  const billable = () => billableOf(items.map(({ value }) => value))
  await admit(collector, sender, 'event', { count: items.length, billable })
  const { accepted, rejected, nonIdempotent, frames } = ingest(
    items,
    'event',
    doorContext(sender, info, collector, receivedAt),
  )
  await append(collector, frames)
  const { metrics } = collector
  if (accepted > 0) metrics.accepted.inc({ kind: 'event' }, accepted)
  for (const { code } of rejected) metrics.rejected.inc({ kind: 'event', code })
  return { accepted, rejected, nonIdempotent }
}

/** A copy without some keys, and without a prototype: a key named __proto__ is then a key like any other. */
export function without(source: JsonObject, ...keys: readonly string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.assign(Object.create(null), source)
  for (const key of keys) delete copy[key]
  return copy
}
