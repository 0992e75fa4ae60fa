import { normalizeDeviceId, normalizeOpaqueId, normalizePersonId } from './identifiers.ts'
import type { Install, Touchpoint } from './types.ts'

/**
 * The network behind an address: IPv4 as it is (also where it is wrapped into IPv6), of IPv6 the /64 as 16 hex digits,
 * because one household or phone holds all of a /64. `null` for what is no address.
 */
export function networkOf(ip: string | null | undefined): string | null {
  const text = ip?.trim().toLowerCase() ?? ''
  if (text === '') return null
  const v4 = text.startsWith('::ffff:') ? text.slice(7) : text
  if (!v4.includes(':')) return isIpv4(v4) ? v4 : null
  return ipv6Network(text)
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

function ipv6Network(text: string): string | null {
  const [head, tail, ...more] = text.split('::')
  if (head === undefined || more.length > 0) return null
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // An IPv4 address at the end stands for two groups; it lies outside the /64 whatever it says.
  const length = (groups: string[]) => groups.length + (groups.at(-1)?.includes('.') ? 1 : 0)
  const missing = 8 - length(before) - length(after)
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...before, ...Array.from({ length: tail === undefined ? 0 : missing }, () => '0'), ...after].slice(
    0,
    4,
  )
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return null
  return groups.map((group) => group.padStart(4, '0')).join('')
}

/** Whether both came from the same network. */
export function sameNetwork(a: string | null | undefined, b: string | null | undefined): boolean {
  if (!a || !b) return false
  const network = networkOf(a)
  return network !== null && network === networkOf(b)
}

/** What of a device shows in a request, as two of them are compared. */
interface Device {
  platform?: string | null | undefined
  osVersion?: string | null | undefined
  deviceModel?: string | null | undefined
}

/**
 * Whether a touch and an install can be of one device: the same operating system, and no version or model that speaks
 * against it. Nothing known about a version or model speaks against nothing.
 * @param seen the device as a browser's user agent showed it
 * @param known the device as the app's SDK reports it
 */
export function compatibleTraits(seen: Device, known: Device): boolean {
  if (!seen.platform || seen.platform !== known.platform) return false
  return compatibleModel(seen, known) && compatibleVersion(seen, known)
}

function compatibleModel(seen: Device, known: Device): boolean {
  const a = seen.deviceModel?.trim().toLowerCase() ?? ''
  const b = known.deviceModel?.trim().toLowerCase() ?? ''
  if (a === '' || b === '') return true
  // A browser on iOS says iPhone or iPad; the SDK says iPhone14,5.
  return seen.platform === 'ios' ? b.startsWith(a) || a.startsWith(b) : a === b
}

/** Safari has frozen the version in its user agent at this one since iOS 26. */
const IOS_FROZEN = [18, 6] as const

function compatibleVersion(seen: Device, known: Device): boolean {
  const a = numbers(seen.osVersion)
  const b = numbers(known.osVersion)
  if (a.length === 0 || b.length === 0) return true
  if (seen.platform === 'android') {
    // Chrome's reduced user agent says `Android 10; K` on every device; the collector keeps no model then.
    if (a[0] === 10 && !seen.deviceModel) return true
    // SDKs report the release (14) or the API level (34).
    return a[0] === b[0] || a[0] === apiRelease(b[0])
  }
  if (a[0] === IOS_FROZEN[0] && (a[1] ?? 0) >= IOS_FROZEN[1] && (b[0] ?? 0) > IOS_FROZEN[0]) return true
  // A patch level may be missing on either side.
  return a[0] === b[0] && (a[1] ?? 0) === (b[1] ?? 0)
}

/** Android's release of an API level from 28 on; `undefined` for what is a release already. */
function apiRelease(level: number | undefined): number | undefined {
  if (level === undefined || level < 28) return undefined
  if (level <= 30) return level - 19
  return level <= 32 ? 12 : level - 20
}

function numbers(version: string | null | undefined): number[] {
  return (/^\d+(?:\.\d+)*/.exec(version?.trim() ?? '')?.[0] ?? '')
    .split('.')
    .flatMap((part) => (part ? [Number(part)] : []))
}

/** Whether the two carry ids of the same kind that differ, or the touch is claimed for another install. */
export function ofOtherDevice(install: Install, touchpoint: Touchpoint): boolean {
  const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b
  return (
    differ(normalizeDeviceId(install.advertisingId), normalizeDeviceId(touchpoint.advertisingId)) ||
    differ(normalizeDeviceId(install.idfv), normalizeDeviceId(touchpoint.idfv)) ||
    differ(normalizePersonId(install.customerUserId), normalizePersonId(touchpoint.customerUserId)) ||
    differ(normalizeOpaqueId(install.deviceId), normalizeOpaqueId(touchpoint.claimedDeviceId))
  )
}
