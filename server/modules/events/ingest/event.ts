import { millionthsOf } from '#server/eventlog/packed/rows.ts'
import type { IngestContext } from './context.ts'
import { PLATFORMS } from './context.ts'
import {
  CONSENT_BYTES,
  ENVIRONMENTS,
  FUTURE_LIMIT,
  PROPERTIES_BYTES,
  TEXTS,
  USER_AGENT_LENGTH,
} from './event-limits.ts'
import * as check from './fields.ts'
import { isObject } from './json.ts'
import { jsonObject } from './properties.ts'
import { Refusal } from './refusal.ts'
import { deriveId } from './row.ts'
import { viewed } from './scan/bytes.ts'
import * as slot from './scan/draft.ts'
import { clearDraft, draft, lengths, starts, times } from './scan/draft.ts'
import { parseTime } from './time.ts'

const TEXT_SLOTS: ReadonlyMap<string, number> = new Map([
  ['advertising_id', slot.ADVERTISING_ID],
  ['idfv', slot.IDFV],
  ['customer_user_id', slot.CUSTOMER_USER_ID],
  ['click_id', slot.CLICK_ID],
  ['install_referrer', slot.INSTALL_REFERRER],
  ['os_version', slot.OS_VERSION],
  ['app_version', slot.APP_VERSION],
  ['sdk_version', slot.SDK_VERSION],
  ['device_model', slot.DEVICE_MODEL],
  ['locale', slot.LOCALE],
])

/** Times that the store's referrer interface reports; it says 0 where it does not know. */
const REFERRER_TIMES: ReadonlyMap<string, number> = new Map([
  ['referrer_click_time', slot.REFERRER_CLICK_TIME],
  ['install_begin_time', slot.INSTALL_BEGIN_TIME],
  ['referrer_click_time_server', slot.REFERRER_CLICK_TIME_SERVER],
  ['install_begin_time_server', slot.INSTALL_BEGIN_TIME_SERVER],
])

/** Where the texts of an event stand that was drafted from a parsed object; used again for the next one. */
export const drafted = { texts: viewed(Buffer.allocUnsafeSlow(64 * 1024)), length: 0 }

function draftText(place: number, text: string): void {
  if (text === '') return
  const needed = drafted.length + text.length * 3
  if (needed > drafted.texts.bytes.length) {
    const bigger = Buffer.allocUnsafeSlow(needed * 2)
    drafted.texts.bytes.copy(bigger, 0, 0, drafted.length)
    drafted.texts = viewed(bigger)
  }
  starts[place] = drafted.length
  lengths[place] = drafted.texts.bytes.write(text, drafted.length)
  drafted.length += lengths[place] as number
}

function draftDecimal(decimal: string): void {
  const millionths = millionthsOf(decimal)
  draft.hasRevenue = true
  draft.revenueHigh = Number(BigInt.asIntN(32, millionths >> 32n))
  draft.revenueLow = Number(BigInt.asUintN(32, millionths))
}

/**
 * Checks one event by every rule of the contract and fills the draft from it; the texts stand in `drafted`.
 * `scan/event.ts` does the same for plain events without parsing them: a rule that changes here changes there.
 * @param source one parsed line or array item
 * @param context the batch; its `ip`, `userAgent` and country stand in only for devices that send for themselves
 * @returns whether a retry is known for the same event; when false it would count twice
 * @throws Refusal naming the field
 */
export function draftEvent(source: unknown, context: IngestContext): boolean {
  if (!isObject(source)) throw new Refusal('not_an_object', 'Each event must be a JSON object.')
  clearDraft()
  drafted.length = 0
  let extra: Record<string, unknown> | undefined
  let id: string | undefined
  let name: unknown
  let device: unknown
  let revenue: string | undefined
  let currency = ''
  let ip = ''
  let country = ''
  let properties: unknown
  for (const key in source) {
    const value = source[key]
    // SDKs send null for what they do not know: the same as not sending it.
    if (value === null) continue
    const place = TEXT_SLOTS.get(key)
    if (place !== undefined) {
      draftText(place, check.text(value, key, TEXTS.get(key) ?? 0))
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
        times[slot.EVENT_TIME] = eventTime(value, key, context)
        break
      case 'platform':
        draftText(slot.PLATFORM, check.oneOf(value, key, PLATFORMS))
        break
      case 'environment':
        draftText(slot.ENVIRONMENT, check.oneOf(value, key, ENVIRONMENTS))
        break
      case 'ip':
        // A device's own word about its address is not believed, and not kept either; text it must be all the same.
        if (context.fromServer) ip = check.ipAddress(value, key)
        else check.text(value, key, check.ID_LENGTH)
        break
      case 'user_agent':
        draftText(slot.USER_AGENT, check.text(value, key, USER_AGENT_LENGTH))
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
      case 'consent':
        draftText(slot.CONSENT, jsonObject(value, undefined, key, CONSENT_BYTES))
        break
      default: {
        const time = REFERRER_TIMES.get(key)
        if (time !== undefined) {
          if (value !== 0) times[time] = parseTime(value, key)
        } else {
          extra ??= Object.create(null) as Record<string, unknown>
          extra[key] = value
        }
      }
    }
  }
  draftText(slot.EVENT_NAME, check.requiredText(name, 'event_name', check.ID_LENGTH))
  draftText(slot.DEVICE_ID, check.requiredText(device, 'device_id', check.ID_LENGTH))
  if (revenue !== undefined) {
    if (currency === '')
      throw new Refusal('missing', 'currency is required with revenue (ISO 4217, such as USD).', 'currency')
    draftDecimal(revenue)
  }
  draftText(slot.CURRENCY, currency)
  draftText(slot.IP, ip)
  draftText(slot.COUNTRY, country)
  if (country === '' && ip !== '') draft.country = context.countryOf(ip)
  draftText(slot.PROPERTIES, jsonObject(properties, extra, 'properties', PROPERTIES_BYTES))
  let idempotent = true
  if (id === undefined) ({ id, idempotent } = deriveId(source, times[slot.EVENT_TIME] !== 0))
  draftText(slot.EVENT_ID, id)
  return idempotent
}

function eventTime(value: unknown, key: string, { receivedAt }: IngestContext): number {
  const time = parseTime(value, key)
  if (time <= receivedAt + FUTURE_LIMIT) return time
  throw new Refusal('in_future', "event_time is more than 24 hours in the future; check the device's clock.", key)
}
