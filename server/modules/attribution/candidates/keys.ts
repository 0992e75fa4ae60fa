import { type Install, networkOf, normalizeDeviceId, normalizeOpaqueId, normalizePersonId } from '../engine/index.ts'

/**
 * What an install and a touchpoint can share, as a key: one letter for the kind, then the value. `t` the touchpoint itself
 * (click id, referrer), `a` advertising id, `i` idfv, `u` customer user id, `d` the install's device id, which networks
 * claim, `p` network address. The store's view of touchpoints makes the same keys (ClickHouse migration 0007).
 */
export type MatchKey = `${'t' | 'a' | 'i' | 'u' | 'd' | 'p'}:${string}`

interface Identified {
  advertisingId?: string | null
  idfv?: string | null
  customerUserId?: string | null
}

const keyOf = (kind: 'a' | 'i' | 'u' | 'd' | 'p', value: string | null): MatchKey[] =>
  value === null ? [] : [`${kind}:${value}`]

/**
 * Keys of a physical device: advertising id and idfv, in the engine's comparable form. Two installs that share one are
 * the same device; absent and all-zero ids give none.
 */
export function deviceKeys({ advertisingId, idfv }: Identified): MatchKey[] {
  return [...keyOf('a', normalizeDeviceId(advertisingId)), ...keyOf('i', normalizeDeviceId(idfv))]
}

function sharedKeys(one: Identified, deviceId: string | null | undefined, ip: string | null | undefined): MatchKey[] {
  return [
    ...deviceKeys(one),
    ...keyOf('u', normalizePersonId(one.customerUserId)),
    ...keyOf('d', normalizeOpaqueId(deviceId)),
    ...keyOf('p', networkOf(ip)),
  ]
}

/** Every key by which a touchpoint can belong to this install, without repeats. */
export function installKeys(install: Install): MatchKey[] {
  const named = [install.clickId, install.referrerClickId].flatMap((id): MatchKey[] => {
    const value = normalizeOpaqueId(id)
    return value === null ? [] : [`t:${value}`]
  })
  return [...new Set([...named, ...sharedKeys(install, install.deviceId, install.ip)])]
}

/** Every key by which an install can belong to this touchpoint. */
export function touchpointKeys(
  touchpoint: Identified & { touchpointId: string; claimedDeviceId?: string | null; ip?: string | null },
): MatchKey[] {
  return [`t:${touchpoint.touchpointId}`, ...sharedKeys(touchpoint, touchpoint.claimedDeviceId, touchpoint.ip)]
}

/** Whether the key is a click id that an install names, which holds however long ago the click was. */
export const isNamedKey = (key: string): boolean => key.startsWith('t:')
/** Whether the key is a network address, which many devices may share. */
export const isNetworkKey = (key: string): boolean => key.startsWith('p:')
