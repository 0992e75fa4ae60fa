import type { Identifier, Install, MatchType, Touchpoint } from './types.ts'

/** What a device without a usable id reports: all zeros, in whatever grouping. Two such devices are not the same one. */
const NO_DEVICE = /^[0-]*$/

/**
 * Brings an advertising id or IDFV to the form in which two of them are compared: trimmed, lower case (iOS reports
 * upper case, networks often lower). Returns `null` for an absent id and for all zeros, which never match.
 * Whoever looks up touchpoints for the engine must compare by the same form.
 */
export function normalizeDeviceId(id: string | null | undefined): string | null {
  if (id === null || id === undefined) return null
  const trimmed = id.trim()
  return NO_DEVICE.test(trimmed) ? null : trimmed.toLowerCase()
}

/** A customer user id: trimmed, compared as it is; `null` when absent and for all zeros, which apps send of who is signed out. */
export function normalizePersonId(id: string | null | undefined): string | null {
  const trimmed = id?.trim() ?? ''
  return NO_DEVICE.test(trimmed) ? null : trimmed
}

/** An opaque id (click id, device id of the SDK): trimmed, compared as it is; `null` when absent or empty. */
export function normalizeOpaqueId(id: string | null | undefined): string | null {
  return id?.trim() || null
}

/** An install's identifiers in comparable form, computed once per decision. */
export interface InstallIdentifiers {
  referrerClickId: string | null
  clickId: string | null
  advertisingId: string | null
  idfv: string | null
  customerUserId: string | null
  deviceId: string | null
}

/** Takes an install, returns its identifiers in comparable form. */
export function installIdentifiers(
  install: Pick<Install, 'deviceId' | 'clickId' | 'referrerClickId' | 'advertisingId' | 'idfv' | 'customerUserId'>,
): InstallIdentifiers {
  return {
    referrerClickId: normalizeOpaqueId(install.referrerClickId),
    clickId: normalizeOpaqueId(install.clickId),
    advertisingId: normalizeDeviceId(install.advertisingId),
    idfv: normalizeDeviceId(install.idfv),
    customerUserId: normalizePersonId(install.customerUserId),
    deviceId: normalizeOpaqueId(install.deviceId),
  }
}

/** Returns every identifier on which the two agree, strongest first; empty when they have nothing in common. */
export function matchingIdentifiers(install: InstallIdentifiers, touchpoint: Touchpoint): Identifier[] {
  const found: Identifier[] = []
  if (install.referrerClickId !== null && install.referrerClickId === touchpoint.touchpointId) {
    found.push('install_referrer')
  }
  if (install.clickId !== null && install.clickId === touchpoint.touchpointId) found.push('click_id')
  if (install.advertisingId !== null && install.advertisingId === normalizeDeviceId(touchpoint.advertisingId)) {
    found.push('advertising_id')
  }
  if (install.idfv !== null && install.idfv === normalizeDeviceId(touchpoint.idfv)) found.push('idfv')
  if (install.customerUserId !== null && install.customerUserId === normalizePersonId(touchpoint.customerUserId)) {
    found.push('customer_user_id')
  }
  if (install.deviceId !== null && install.deviceId === normalizeOpaqueId(touchpoint.claimedDeviceId)) {
    found.push('network_claim')
  }
  return found
}

/** Whether the install itself named the touchpoint by its id, rather than sharing a device or person with it. */
export function isNamed(matchType: MatchType | null): boolean {
  return matchType === 'install_referrer' || matchType === 'click_id'
}

/** The match type of the strongest identifier in a list from `matchingIdentifiers`; `null` for an empty list. */
export function strongestMatch(matchedBy: readonly Identifier[]): MatchType | null {
  const strongest = matchedBy[0]
  if (strongest === undefined) return null
  if (strongest === 'ip_address') return 'probabilistic'
  return strongest === 'install_referrer' || strongest === 'click_id' ? strongest : 'device_id'
}
