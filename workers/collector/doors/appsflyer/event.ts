import { isObject, type JsonObject, parseExactly, Refusal } from '#server/modules/events/hot.ts'
import { type DoorEvent, without } from '../accept.ts'
import { address, amount, contentId, cut, deviceIdentifier, part, readTime, shortId, words } from '../values.ts'

/** Fields that became columns or part of one. */
const USED = [
  'appsflyer_id customer_user_id eventName eventValue eventTime eventCurrency event_id ip idfa idfv advertising_id oaid',
  'amazon_aid app_version_name os ua consent_data sharing_filter',
].flatMap((line) => line.split(' '))

/** AppsFlyer documents US dollars for an amount that comes without a currency. */
const CURRENCY = 'USD'

/** The event's own values: AppsFlyer wants them as JSON in a text, an object is as good. */
function valuesOf(given: unknown): JsonObject {
  if (given === undefined || given === null || given === '') return {}
  if (isObject(given)) return given
  if (typeof given === 'string') {
    try {
      const parsed = parseExactly(given)
      if (isObject(parsed)) return parsed
    } catch {
      // Refused below, like JSON that is no object.
    }
  }
  throw new Refusal('invalid_json', 'eventValue must be a JSON object written as text, or empty.', 'eventValue')
}

function consentOf(body: JsonObject): Record<string, unknown> | undefined {
  const consent = without(part(body, 'consent_data'))
  if (body.sharing_filter !== undefined && body.sharing_filter !== null) consent.sharing_filter = body.sharing_filter
  return Object.keys(consent).length > 0 ? consent : undefined
}

/**
 * An event of AppsFlyer's server-to-server API as ours.
 * @param body the request's JSON object
 * @param believesAddress whether a secret key was given, so that `ip` is believed
 * @throws Refusal naming AppsFlyer's field
 */
export function appsflyerEvent(body: JsonObject, believesAddress: boolean): DoorEvent {
  const device = words(body.appsflyer_id)
  if (device === undefined) throw new Refusal('missing', 'appsflyer_id is a mandatory field', 'appsflyer_id')
  const name = words(body.eventName)
  if (name === undefined) throw new Refusal('missing', 'eventName is a mandatory field', 'eventName')
  const values = valuesOf(body.eventValue)
  const written = words(body.eventTime)
  const time = written === undefined ? undefined : readTime(written, 'eventTime')
  const id = words(body.event_id)
  const revenue = values.af_revenue
  const hasRevenue = revenue !== undefined && revenue !== null && revenue !== ''
  return {
    // The API knows no idempotency key: the content with its time stands for one. `event_id` is our addition.
    event_id:
      id !== undefined ? shortId(id, 'appsflyer') : time === undefined ? undefined : contentId(body, 'appsflyer'),
    event_name: name,
    event_time: time,
    device_id: shortId(device, 'appsflyer'),
    customer_user_id: words(body.customer_user_id),
    advertising_id: [body.advertising_id, body.idfa, body.oaid, body.amazon_aid].map(deviceIdentifier).find(Boolean),
    idfv: deviceIdentifier(body.idfv),
    ip: believesAddress ? address(body.ip) : undefined,
    user_agent: cut(body.ua, 2048),
    os_version: cut(body.os, 100),
    app_version: cut(body.app_version_name, 100),
    revenue: hasRevenue ? amount(revenue, 'eventValue.af_revenue') : undefined,
    currency: hasRevenue ? (words(values.af_currency) ?? words(body.eventCurrency) ?? CURRENCY) : undefined,
    consent: consentOf(body),
    properties: Object.assign(without(body, ...USED), values),
  }
}
