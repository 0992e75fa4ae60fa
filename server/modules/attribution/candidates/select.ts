import type { Install, PreviousInstall, Touchpoint } from '../engine/index.ts'
import { deviceKeys, installKeys, isNamedKey, touchpointKeys } from './keys.ts'

/** The longest lookback window that settings allow; touchpoints of a device further back are not candidates. */
export const LONGEST_WINDOW_MS = 30 * 86_400_000

/** An install found by a key of its device. */
export interface KeyedInstall extends PreviousInstall {
  key: string
  environment: 'production' | 'sandbox'
}

/** Touchpoints by every key under which an install may look for them. */
export type TouchpointIndex = ReadonlyMap<string, readonly Touchpoint[]>

/** Makes the index that {@link candidatesOf} looks into. */
export function indexByKey(touchpoints: Iterable<Touchpoint>): TouchpointIndex {
  const byKey = new Map<string, Touchpoint[]>()
  for (const touchpoint of touchpoints) {
    for (const key of touchpointKeys(touchpoint)) {
      const list = byKey.get(key)
      if (list) list.push(touchpoint)
      else byKey.set(key, [touchpoint])
    }
  }
  return byKey
}

/**
 * The touchpoints an install could have come from: those it names, and those of its device or person in the longest
 * window before it. The bound does not depend on what else was loaded, so that every order of arrival gives one list.
 */
export function candidatesOf(install: Install, byKey: TouchpointIndex): Touchpoint[] {
  const found = new Map<string, Touchpoint>()
  for (const key of installKeys(install)) {
    for (const touchpoint of byKey.get(key) ?? []) {
      const age = install.installTime - touchpoint.touchpointTime
      if (isNamedKey(key) || (age >= 0 && age <= LONGEST_WINDOW_MS)) found.set(touchpoint.touchpointId, touchpoint)
    }
  }
  return [...found.values()]
}

/** Installs of the same physical device in the same environment, the install itself left out. */
export function siblingsOf(install: Install, byKey: ReadonlyMap<string, readonly KeyedInstall[]>): KeyedInstall[] {
  return deviceKeys(install)
    .flatMap((key) => byKey.get(key) ?? [])
    .filter(({ deviceId, environment }) => deviceId !== install.deviceId && environment === install.environment)
}
