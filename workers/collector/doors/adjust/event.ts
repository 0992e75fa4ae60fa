import { UNNAMED_EVENT } from '#server/modules/doors/hot.ts'
import { isObject, parseExactly, Refusal } from '#server/modules/events/hot.ts'
import type { DoorEvent } from '../accept.ts'
import { address, amount, contentId, cut, deviceIdentifier, readTime, shortId, words } from '../values.ts'
import type { AdjustPath } from './answers.ts'

/** A request's parameters, each once. */
export type Params = ReadonlyMap<string, string>

/** What is known of the sender besides its parameters. */
export interface AdjustCall {
  path: AdjustPath
  /** Event token -> event name. */
  eventNames: ReadonlyMap<string, string>
  /** Whether a secret key was given, so that the device's address is believed. */
  believesAddress: boolean
  /** Header X-Adjust-Forwarded-For. */
  forwardedFor: string | undefined
}

/** Which identifier stands for the device, Adjust's own first: it alone changes with a reinstall only. */
const DEVICE = ['adid', 'web_uuid', 'gps_adid', 'idfa', 'fire_adid', 'oaid', 'idfv', 'android_id'] as const
const ADVERTISING = ['gps_adid', 'idfa', 'fire_adid', 'oaid'] as const
const EVENT_TOKEN = /^[A-Za-z0-9]{4,32}$/

/** Parameters that became columns, speak to Adjust's machinery or prove the sender. */
const USED = new Set(
  [
    's2s app_token created_at created_at_unix revenue amount currency environment ip_address user_agent os_version',
    'app_version app_version_short device_name device_model gps_adid idfa idfv callback_params partner_params',
    'deduplication_id external_device_id install_referrer',
  ].flatMap((line) => line.split(' ')),
)

/**
 * A request of Adjust's server-to-server API as our events: one, or for the first session of a device two, because that
 * session is what Adjust counts as the install.
 * @throws Refusal naming Adjust's parameter
 */
export function adjustEvents(params: Params, call: AdjustCall): DoorEvent[] {
  const device = DEVICE.map((name) => deviceIdentifier(params.get(name))).find((id) => id !== undefined)
  if (device === undefined) {
    throw new Refusal(
      'missing',
      `One of these is required and may not be zeros only: ${DEVICE.join(', ')}.`,
      'gps_adid',
    )
  }
  const time = timeOf(params)
  const event: DoorEvent = {
    event_id: idOf(params, call.path, time),
    event_name: nameOf(params, call),
    event_time: time,
    device_id: shortId(device, 'adjust'),
    customer_user_id: words(params.get('external_device_id')),
    platform: platformOf(params),
    advertising_id: ADVERTISING.map((name) => deviceIdentifier(params.get(name))).find((id) => id !== undefined),
    idfv: deviceIdentifier(params.get('idfv')),
    ip: call.believesAddress ? (address(params.get('ip_address')) ?? address(call.forwardedFor)) : undefined,
    user_agent: cut(params.get('user_agent'), 2048),
    os_version: cut(params.get('os_version'), 100),
    app_version: cut(params.get('app_version_short') ?? params.get('app_version'), 100),
    device_model: cut(params.get('device_model') ?? params.get('device_name'), 200),
    environment: words(params.get('environment')),
    ...moneyOf(params, call.path),
    properties: propertiesOf(params),
  }
  if (call.path !== '/session' || params.get('session_count') !== '1') return [event]
  const install = {
    ...event,
    event_id: contentId(['install', params.get('app_token'), device], 'adjust'),
    event_name: 'install',
    install_referrer: words(params.get('install_referrer')),
  }
  return [install, event]
}

function nameOf(params: Params, { path, eventNames }: AdjustCall): string {
  if (path === '/session') return 'session_start'
  if (path === '/ad_revenue') return 'ad_revenue'
  const token = params.get('event_token')?.trim() ?? ''
  if (!EVENT_TOKEN.test(token)) {
    const problem =
      token === '' ? 'event_token is required.' : 'event_token must be letters and digits, such as f0ob4r.'
    throw new Refusal(token === '' ? 'missing' : 'invalid_value', problem, 'event_token')
  }
  return eventNames.get(token) ?? `${UNNAMED_EVENT}${token}`
}

/** `deduplication_id` where it is given; otherwise the content, if it says when it happened. */
function idOf(params: Params, path: AdjustPath, time: number | undefined): string | undefined {
  const given = words(params.get('deduplication_id'))
  if (given !== undefined) {
    return contentId([path, params.get('app_token'), params.get('event_token'), given], 'adjust')
  }
  return time === undefined
    ? undefined
    : contentId([path, ...[...params].sort(([a], [b]) => (a < b ? -1 : 1))], 'adjust')
}

function timeOf(params: Params): number | undefined {
  const seconds = words(params.get('created_at_unix'))?.trim()
  if (seconds !== undefined) {
    if (/^\d{9,11}$/.test(seconds)) return Number(seconds) * 1000
    throw new Refusal('invalid_time', 'created_at_unix must be Unix seconds, such as 1483363445.', 'created_at_unix')
  }
  const written = words(params.get('created_at'))
  return written === undefined ? undefined : readTime(written, 'created_at')
}

function platformOf(params: Params): string | undefined {
  const named = params.get('os_name')?.toLowerCase()
  if (named === 'ios' || named === 'ipados') return 'ios'
  if (named === 'android') return 'android'
  if (params.has('idfa') || params.has('idfv')) return 'ios'
  if (params.has('gps_adid') || params.has('android_id') || params.has('fire_adid') || params.has('oaid'))
    return 'android'
  return params.has('web_uuid') ? 'web' : undefined
}

function moneyOf(params: Params, path: AdjustPath): { revenue?: unknown; currency?: string } {
  const field = params.has('revenue') ? 'revenue' : 'amount'
  const written = path === '/event' || path === '/ad_revenue' ? words(params.get(field)) : undefined
  if (written === undefined) {
    if (path === '/ad_revenue') throw new Refusal('missing', 'revenue or amount is required.', 'revenue')
    return {}
  }
  const currency = words(params.get('currency'))
  if (currency === undefined) throw new Refusal('missing', `currency is required with ${field}.`, 'currency')
  return { revenue: amount(written, field), currency }
}

/** What no column holds, under Adjust's names. */
function propertiesOf(params: Params): Record<string, unknown> {
  const kept: Record<string, unknown> = Object.create(null)
  for (const [name, value] of params) if (!USED.has(name) && value !== '') kept[name] = value
  for (const name of ['callback_params', 'partner_params']) {
    const written = words(params.get(name))
    if (written !== undefined) kept[name] = jsonParameter(written, name)
  }
  return kept
}

function jsonParameter(written: string, name: string): unknown {
  try {
    const parsed = parseExactly(written)
    if (isObject(parsed)) return parsed
  } catch {
    // Refused below, like JSON that is no object.
  }
  throw new Refusal('invalid_json', `${name} must be a JSON object, URL-encoded.`, name)
}
