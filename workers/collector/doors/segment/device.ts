import type { JsonObject } from '#server/modules/events/hot.ts'
import { address, cut, deviceIdentifier, part, shortId, words } from '../values.ts'
import type { SegmentCall } from './message.ts'

/** Libraries that run on the device itself; the others report from a server, whose address says nothing about the device. */
const ON_DEVICE =
  /^(analytics\.js|analytics-next|@segment\/analytics-next|analytics-ios|analytics-swift|analytics-android|analytics-kotlin|analytics-react-native|@segment\/analytics-react-native|analytics-flutter|analytics_flutter)/
const IOS = /^(ios|ipados|iphone os|ios simulator)$/i

type Platform = 'ios' | 'android' | 'web'

/** Whether the device sent the message itself, so that the connection's address and user agent are its own. */
function isFromDevice(context: JsonObject, { fromPage }: SegmentCall): boolean {
  return fromPage || ON_DEVICE.test(words(part(context, 'library').name) ?? '')
}

function platformOf(context: JsonObject, fromPage: boolean): Platform | undefined {
  const names = [words(part(context, 'device').type), words(part(context, 'os').name)]
  if (names.some((name) => name !== undefined && IOS.test(name))) return 'ios'
  if (names.some((name) => name?.toLowerCase() === 'android')) return 'android'
  return fromPage || /^(analytics\.js|(@segment\/)?analytics-next)/.test(words(part(context, 'library').name) ?? '')
    ? 'web'
    : undefined
}

/**
 * Which device a message is about. The device's own id comes first: unlike the anonymous id it outlives a sign-out. Servers
 * that know only the person get a device of that person's own, so that nothing they report is lost.
 */
export function deviceOf(message: JsonObject, context: JsonObject): string | undefined {
  const id = words(part(context, 'device').id) ?? words(message.anonymousId)
  if (id !== undefined) return shortId(id, 'segment')
  const user = words(message.userId)
  return user === undefined ? undefined : shortId(`user:${user}`, 'segment')
}

/**
 * The columns that Segment's `context` fills.
 * @param call who sends: whose address is believed follows from it
 */
export function deviceColumns(context: JsonObject, call: SegmentCall): Record<string, unknown> {
  const device = part(context, 'device')
  const library = part(context, 'library')
  const fromDevice = isFromDevice(context, call)
  const platform = platformOf(context, call.fromPage)
  const told = words(context.ip)
  const ownAddress = fromDevice && told?.trim() !== '0.0.0.0' ? call.ip : undefined
  const mayTrack = device.adTrackingEnabled !== false
  const model = words(device.model) ?? words(device.name)
  const maker = words(device.manufacturer)
  return {
    platform,
    // A key that ships inside an app proves nothing about addresses: only a server's secret key does.
    ip: (call.believesAddress ? address(told) : undefined) ?? (ownAddress || undefined),
    user_agent: cut(context.userAgent, 2048) ?? (fromDevice ? cut(call.userAgent, 2048) : undefined),
    advertising_id: mayTrack ? deviceIdentifier(device.advertisingId) : undefined,
    idfv: platform === 'ios' && /^[0-9a-f-]{36}$/i.test(words(device.id) ?? '') ? device.id : undefined,
    os_version: cut(part(context, 'os').version, 100),
    app_version: cut(part(context, 'app').version, 100),
    sdk_version: cut([words(library.name), words(library.version)].filter(Boolean).join(' '), 100),
    device_model: cut(maker && model && !model.startsWith(maker) ? `${maker} ${model}` : model, 200),
    locale: cut(context.locale, 100),
  }
}
