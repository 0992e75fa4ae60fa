import { type Install, normalizeDeviceId, normalizeOpaqueId } from '../engine/index.ts'

/** What an install and a touchpoint can share, as a key in `install_keys`: one letter for the kind, then the value. */
export type MatchKey = `${'t' | 'a' | 'i' | 'u'}:${string}`

interface Identified {
  advertisingId?: string | null
  idfv?: string | null
  customerUserId?: string | null
}

/**
 * Keys of a physical device: advertising id and idfv, in the engine's comparable form. Two installs that share one are
 * the same device; absent and all-zero ids give none.
 */
export function deviceKeys({ advertisingId, idfv }: Identified): MatchKey[] {
  const keys: MatchKey[] = []
  const a = normalizeDeviceId(advertisingId)
  const i = normalizeDeviceId(idfv)
  if (a !== null) keys.push(`a:${a}`)
  if (i !== null) keys.push(`i:${i}`)
  return keys
}

function withPerson(one: Identified): MatchKey[] {
  const u = normalizeOpaqueId(one.customerUserId)
  return u === null ? deviceKeys(one) : [...deviceKeys(one), `u:${u}`]
}

/** Every key by which a touchpoint can belong to this install, without repeats. */
export function installKeys(install: Install): MatchKey[] {
  const named = [install.clickId, install.referrerClickId].flatMap((id): MatchKey[] => {
    const value = normalizeOpaqueId(id)
    return value === null ? [] : [`t:${value}`]
  })
  return [...new Set([...named, ...withPerson(install)])]
}

/** Every key by which an install can belong to this touchpoint. */
export function touchpointKeys(touchpoint: Identified & { touchpointId: string }): MatchKey[] {
  return [`t:${touchpoint.touchpointId}`, ...withPerson(touchpoint)]
}

/** Whether the key is a click id that an install names, which holds however long ago the click was. */
export const isNamedKey = (key: string): boolean => key.startsWith('t:')
