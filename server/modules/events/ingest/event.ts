import type { IngestContext } from './context.ts'
import { PLATFORMS } from './context.ts'
import * as check from './fields.ts'
import { isObject, quote } from './json.ts'
import { jsonObject } from './properties.ts'
import { Refusal } from './refusal.ts'
import { deriveId, frameLine } from './row.ts'
import { formatTime, parseTime } from './time.ts'

const HOUR = 3_600_000
/** Contract: refused when over 24 h in the future. */
const FUTURE_LIMIT = 24 * HOUR
/** Contract: older than 30 d is accepted and marked late. */
const LATE_AFTER = 30 * 24 * HOUR

const PROPERTIES_BYTES = 32 * 1024
const CONSENT_BYTES = 4 * 1024

/** Text columns that are stored as they come, with their longest length in characters. */
const TEXTS: ReadonlyMap<string, number> = new Map([
  ['advertising_id', check.ID_LENGTH],
  ['idfv', check.ID_LENGTH],
  ['customer_user_id', 200],
  ['click_id', 200],
  ['install_referrer', 4096],
  ['os_version', check.ID_LENGTH],
  ['app_version', check.ID_LENGTH],
  ['sdk_version', check.ID_LENGTH],
  ['device_model', 200],
  ['locale', check.ID_LENGTH],
])
const USER_AGENT_LENGTH = 2048

/** Times that the store's referrer interface reports; it says 0 where it does not know. */
const REFERRER_TIMES: ReadonlySet<string> = new Set([
  'referrer_click_time',
  'install_begin_time',
  'referrer_click_time_server',
  'install_begin_time_server',
])

/** An accepted event or touchpoint: a line of a frame. */
export interface AcceptedLine {
  line: string
  /** False when a retry would count twice. */
  idempotent: boolean
}

/**
 * Checks one event by every rule of the contract and turns it into a row of the `events` table.
 * @param source one parsed line or array item
 * @param context the batch; its `ip`, `userAgent` and country stand in only for devices that send for themselves
 * @param prefix columns that all rows of the batch share: the beginning of a JSON object, without a closing brace
 * @throws Refusal naming the field
 */
export function eventLine(source: unknown, context: IngestContext, prefix: string): AcceptedLine {
  if (!isObject(source)) throw new Refusal('not_an_object', 'Each event must be a JSON object.')
  let row = prefix
  let extra: Record<string, unknown> | undefined
  let id: string | undefined
  let name: unknown
  let device: unknown
  let time: number | undefined
  let platform: string = context.platform
  let environment = 'production'
  let ip = context.fromServer ? '' : context.ip
  let agent = context.fromServer ? '' : context.userAgent
  let country = ''
  let revenue: string | undefined
  let currency = ''
  let properties: unknown
  for (const key in source) {
    const value = source[key]
    // SDKs send null for what they do not know: the same as not sending it.
    if (value === null) continue
    const longest = TEXTS.get(key)
    if (longest !== undefined) {
      const given = check.text(value, key, longest)
      if (given !== '') row += `,"${key}":${quote(given)}`
      continue
    }
    switch (key) {
      case 'event_id':
        id = check.requiredText(value, key, check.ID_LENGTH)
        break
      case 'event_name':
        name = value
        break
      case 'device_id':
        device = value
        break
      case 'event_time':
        time = parseTime(value, key)
        if (time > context.receivedAt + FUTURE_LIMIT) {
          throw new Refusal(
            'in_future',
            "event_time is more than 24 hours in the future; check the device's clock.",
            key,
          )
        }
        break
      case 'platform':
        platform = check.oneOf(value, key, PLATFORMS)
        break
      case 'environment':
        environment = check.oneOf(value, key, ['production', 'sandbox'])
        break
      case 'ip':
        // A device's own word about its address is not believed, and not kept either; text it must be all the same.
        if (context.fromServer) ip = check.ipAddress(value, key)
        else check.text(value, key, check.ID_LENGTH)
        break
      case 'user_agent':
        agent = check.text(value, key, USER_AGENT_LENGTH) || agent
        break
      case 'country':
        country = check.country(value, key)
        break
      case 'revenue':
        revenue = check.amount(value, key)
        break
      case 'currency':
        if (value !== '') currency = check.currency(value, key)
        break
      case 'properties':
        properties = value
        break
      case 'consent': {
        const consent = jsonObject(value, undefined, key, CONSENT_BYTES)
        if (consent !== '') row += `,"consent":${JSON.stringify(consent)}`
        break
      }
      default:
        if (REFERRER_TIMES.has(key)) {
          if (value !== 0) row += `,"${key}":"${formatTime(parseTime(value, key))}"`
        } else {
          extra ??= Object.create(null) as Record<string, unknown>
          extra[key] = value
        }
    }
  }
  row += `,"event_name":${quote(check.requiredText(name, 'event_name', check.ID_LENGTH))}`
  row += `,"device_id":${quote(check.requiredText(device, 'device_id', check.ID_LENGTH))}`
  row += `,"platform":"${platform}","environment":"${environment}"`
  const eventTime = time ?? context.receivedAt
  row += `,"event_time":"${formatTime(eventTime)}"`
  if (eventTime < context.receivedAt - LATE_AFTER) row += ',"is_late":true'
  if (revenue !== undefined) {
    if (currency === '')
      throw new Refusal('missing', 'currency is required with revenue (ISO 4217, such as USD).', 'currency')
    row += `,"revenue":${revenue}`
  }
  if (currency !== '') row += `,"currency":"${currency}"`
  if (ip !== '') row += `,"ip":"${ip}"`
  if (agent !== '') row += `,"user_agent":${quote(agent)}`
  if (country === '' && ip !== '') country = context.countryOf(ip)
  if (country !== '') row += `,"country":"${country}"`
  const kept = jsonObject(properties, extra, 'properties', PROPERTIES_BYTES)
  if (kept !== '') row += `,"properties":${JSON.stringify(kept)}`
  let idempotent = true
  if (id === undefined) ({ id, idempotent } = deriveId(source, time !== undefined))
  row += `,"event_id":${quote(id)}}`
  return { line: frameLine(context.appId, id.toWellFormed(), row), idempotent }
}
