import { isObject, type JsonObject, Refusal } from '#server/modules/events/hot.ts'
import { type DoorEvent, without } from '../accept.ts'
import { amount, contentId, part, shortId, words } from '../values.ts'
import { deviceColumns, deviceOf } from './device.ts'
import { segmentTime } from './time.ts'

/** Segment's calls, as `type` names them. */
export const CALLS = ['track', 'identify', 'page', 'screen', 'alias', 'group'] as const
export type CallType = (typeof CALLS)[number]

/** Everything about a request that does not come from its messages. */
export interface SegmentCall {
  /** Unix milliseconds. */
  receivedAt: number
  /** `sentAt` of the batch. */
  sentAt?: unknown
  /** `context` of the batch, for messages that leave out a part of it. */
  context?: unknown
  /** Whether a secret key was given, so that `context.ip` is believed. */
  believesAddress: boolean
  /** A script of a web page sent it. */
  fromPage: boolean
  /** The sender's address and user agent: the device's, where the device sent it. */
  ip: string
  userAgent: string
}

/** Segment documents 32 KB for one message. */
export const MESSAGE_BYTES = 32 * 1024

/** The lifecycle events of Segment's mobile libraries that are ours by another name. */
const LIFECYCLE: Readonly<Record<string, string>> = {
  'Application Installed': 'install',
  'Application Opened': 'session_start',
}
/** Fields that became columns, or that speak to Segment's own machinery. */
const USED = [
  'type messageId anonymousId userId event properties traits context timestamp originalTimestamp sentAt receivedAt',
  'writeKey integrations channel version projectId _metadata groupId previousId',
].flatMap((line) => line.split(' '))

/**
 * One message of Segment's tracking API as our event.
 * @param source the message
 * @param implied the call that the address names; in a batch the message's `type` says it
 * @throws Refusal naming Segment's field
 */
export function segmentEvent(source: unknown, implied: CallType | undefined, call: SegmentCall): DoorEvent {
  if (!isObject(source)) throw new Refusal('not_an_object', 'Each message must be a JSON object.')
  refuseTooLarge(source)
  const type = implied ?? typeOf(source.type)
  const context = { ...(isObject(call.context) ? call.context : {}), ...objectOf(source.context, 'context') }
  const device = deviceOf(source, context)
  if (device === undefined) {
    throw new Refusal('missing', 'A message needs an anonymousId or a userId, or context.device.id.', 'anonymousId')
  }
  const time = segmentTime(source, call.sentAt, call.receivedAt)
  const properties = objectOf(source.properties, 'properties')
  const id = words(source.messageId)
  return {
    event_id: id === undefined ? ownId(source, time) : shortId(id, 'segment'),
    event_name: nameOf(source, type),
    event_time: time,
    device_id: device,
    customer_user_id: words(source.userId),
    ...deviceColumns(context, call),
    ...(type === 'track' ? money(properties) : {}),
    click_id: clickId(context, properties),
    consent: isObject(context.consent) ? context.consent : undefined,
    properties: keptProperties(source, properties, context),
  }
}

function refuseTooLarge(source: JsonObject): void {
  let bytes: number
  try {
    bytes = Buffer.byteLength(JSON.stringify(source))
  } catch {
    throw new Refusal('too_deep', 'The message is nested too deeply; flatten it.')
  }
  if (bytes > MESSAGE_BYTES) {
    throw new Refusal('too_large', 'A message holds at most 32 KB; send less in properties, traits or context.')
  }
}

function typeOf(type: unknown): CallType {
  const found = CALLS.find((call) => call === type)
  if (found) return found
  throw new Refusal(
    type === undefined ? 'missing' : 'invalid_value',
    `type must be one of: ${CALLS.join(', ')}.`,
    'type',
  )
}

function objectOf(value: unknown, field: string): JsonObject {
  if (value === undefined || value === null) return {}
  if (isObject(value)) return value
  throw new Refusal('wrong_type', `${field} must be a JSON object.`, field)
}

/** Without a message id the content stands for it, where it has a time; sentAt, which each retry writes anew, does not. */
function ownId(source: JsonObject, time: number | undefined): string | undefined {
  return time === undefined ? undefined : contentId(without(source, 'sentAt'), 'segment')
}

function nameOf(message: JsonObject, type: CallType): string {
  if (type !== 'track') return type
  const name = message.event
  if (typeof name !== 'string' || name.trim() === '') {
    throw new Refusal(
      typeof name === 'string' || name == null ? 'missing' : 'wrong_type',
      'track needs the name of the event.',
      'event',
    )
  }
  if ([...name].length > 100) throw new Refusal('too_long', 'event must have at most 100 characters.', 'event')
  return (Object.hasOwn(LIFECYCLE, name) ? LIFECYCLE[name] : undefined) ?? name
}

/** Segment's specification: `revenue` is in `currency`, in US dollars where none is given. */
function money(properties: JsonObject): Record<string, unknown> {
  const revenue = properties.revenue
  if (revenue === undefined || revenue === null || revenue === '') return {}
  return { revenue: amount(revenue, 'properties.revenue'), currency: words(properties.currency) ?? 'USD' }
}

/** The click id that our tracking links add to the page or deep link they lead to. */
function clickId(context: JsonObject, properties: JsonObject): string | undefined {
  for (const url of [part(context, 'page').url, part(context, 'page').search, properties.url, properties.search]) {
    const query = typeof url === 'string' && url.includes('?') ? url.slice(url.indexOf('?')).split('#')[0] : undefined
    const found = query === undefined ? null : new URLSearchParams(query).get('click_id')
    if (found && found.length <= 200) return found
  }
  return undefined
}

/** What no column holds, under Segment's own names; the sender's own properties stand where names meet. */
function keptProperties(message: JsonObject, properties: JsonObject, context: JsonObject): Record<string, unknown> {
  const kept = without(message, ...USED)
  const traits = objectOf(message.traits, 'traits')
  if (Object.keys(traits).length > 0) kept.traits = traits
  if (words(message.groupId)) kept.group_id = message.groupId
  if (words(message.previousId)) kept.previous_id = message.previousId
  const rest = without(context, 'ip', 'userAgent', 'locale', 'library', 'consent')
  for (const [key, ...columns] of [
    ['device', 'id', 'advertisingId', 'adTrackingEnabled', 'model', 'manufacturer', 'type'],
    ['os', 'version'],
    ['app', 'version'],
  ] as const) {
    const left = without(part(context, key), ...columns)
    if (Object.keys(left).length > 0) rest[key] = left
    else delete rest[key]
  }
  if (Object.keys(rest).length > 0) kept.context = rest
  return Object.assign(kept, properties)
}
