import {
  CROWD_SPAN_MS,
  compatibleTraits,
  type Install,
  type PreviousInstall,
  type Touchpoint,
  type Traits,
} from '../engine/index.ts'
import { deviceKeys, installKeys, isNamedKey, isNetworkKey, touchpointKeys } from './keys.ts'

/** The longest lookback window that settings allow; touchpoints of a device further back are not candidates. */
export const LONGEST_WINDOW_MS = 30 * 86_400_000

/**
 * Touches of one kind (clicks, views) behind one network address in the `CROWD_SPAN_MS` before an install from which on none
 * of them can be told to be its own: they are left out, rather than listed by the hundred and all refused.
 */
export const CROWD = 500

/** How far a click may lie ahead of the arrival of an install that names it: a network's clock may be ahead of ours. */
export const AHEAD_MS = 24 * 3_600_000

/** A touchpoint as it is stored. */
export interface FoundTouchpoint extends Touchpoint {
  /** When it arrived here, Unix milliseconds; absent: in time. */
  receivedAt?: number
}

/** An install found by a key of its device. */
export interface KeyedInstall extends PreviousInstall, Pick<Traits, 'osVersion' | 'deviceModel'> {
  key: string
  environment: 'production' | 'sandbox'
  platform?: string
  /** When it arrived here, Unix milliseconds; absent: in time. */
  receivedAt?: number
}

/** Touchpoints by every key under which an install may look for them. */
export type TouchpointIndex = ReadonlyMap<string, readonly FoundTouchpoint[]>

/** Makes the index that {@link candidatesOf} looks into. */
export function indexByKey(touchpoints: Iterable<FoundTouchpoint>): TouchpointIndex {
  const byKey = new Map<string, FoundTouchpoint[]>()
  for (const touchpoint of touchpoints) {
    for (const key of touchpointKeys(touchpoint)) {
      const list = byKey.get(key)
      if (list) list.push(touchpoint)
      else byKey.set(key, [touchpoint])
    }
  }
  return byKey
}

/** When a decision about an install is taken for good, and when the install arrived; Unix milliseconds. */
export interface Arrival {
  receivedAt: number
  settlesAt: number
}

/**
 * The touchpoints an install could have come from: those it names, those of its device or person in the longest window
 * before it, and those from its network address in the span of a crowd. The bounds depend on nothing else that was loaded,
 * so that every order of arrival gives one list.
 * @param arrival what arrived after the decision settled is left out, unless the install names it; absent: nothing is
 */
export function candidatesOf(install: Install, byKey: TouchpointIndex, arrival?: Arrival): FoundTouchpoint[] {
  const found = new Map<string, FoundTouchpoint>()
  for (const key of installKeys(install)) {
    const list = byKey.get(key)
    if (list === undefined) continue
    const fits = isNamedKey(key) ? named(arrival) : inSpan(install, isNetworkKey(key), arrival)
    const fitting = list.filter(fits)
    if (isNetworkKey(key) && isCrowd(fitting)) continue
    for (const touchpoint of fitting) found.set(touchpoint.touchpointId, touchpoint)
  }
  // In one order whatever was loaded first: probabilities are sums, and sums of fractions depend on it.
  return [...found.values()].sort(
    (a, b) => a.touchpointTime - b.touchpointTime || (a.touchpointId < b.touchpointId ? -1 : 1),
  )
}

const named = (arrival: Arrival | undefined) => (touchpoint: FoundTouchpoint) =>
  arrival === undefined || touchpoint.touchpointTime <= arrival.receivedAt + AHEAD_MS

function inSpan(install: Install, network: boolean, arrival: Arrival | undefined) {
  const span = network ? CROWD_SPAN_MS : LONGEST_WINDOW_MS
  const settlesAt = arrival?.settlesAt ?? Number.POSITIVE_INFINITY
  return ({ touchpointTime, receivedAt = 0 }: FoundTouchpoint) => {
    const age = install.installTime - touchpointTime
    return age >= 0 && age <= span && receivedAt <= settlesAt
  }
}

function isCrowd(touchpoints: readonly FoundTouchpoint[]): boolean {
  const clicks = touchpoints.filter(({ touchpointType }) => touchpointType === 'click').length
  return clicks >= CROWD || touchpoints.length - clicks >= CROWD
}

/** Installs of the same physical device in the same environment, the install itself left out. */
export function siblingsOf(
  install: Install,
  byKey: ReadonlyMap<string, readonly KeyedInstall[]>,
  arrival?: Arrival,
): KeyedInstall[] {
  return othersOf(install, deviceKeys(install), byKey, arrival)
}

/**
 * Installs of other devices of the same kind behind the install's network address in the span of a crowd around it: those
 * before it compete for its probabilistic matches, for those after it, it does.
 */
export function neighboursOf(
  install: Install,
  byKey: ReadonlyMap<string, readonly KeyedInstall[]>,
  arrival?: Arrival,
): KeyedInstall[] {
  const others = othersOf(install, installKeys(install).filter(isNetworkKey), byKey, arrival)
  return others.filter(
    (other) => Math.abs(install.installTime - other.installTime) <= CROWD_SPAN_MS && compatibleTraits(other, install),
  )
}

function othersOf(
  install: Install,
  keys: readonly string[],
  byKey: ReadonlyMap<string, readonly KeyedInstall[]>,
  arrival: Arrival | undefined,
): KeyedInstall[] {
  const settlesAt = arrival?.settlesAt ?? Number.POSITIVE_INFINITY
  return keys
    .flatMap((key) => byKey.get(key) ?? [])
    .filter(
      ({ deviceId, environment, receivedAt = 0 }) =>
        deviceId !== install.deviceId && environment === install.environment && receivedAt <= settlesAt,
    )
}

/**
 * What the engine is told of an install's surroundings besides its touchpoints.
 * @param arrival see {@link candidatesOf}
 */
export function surroundingsOf(
  install: Install,
  byKey: ReadonlyMap<string, readonly KeyedInstall[]>,
  arrival?: Arrival,
): { previousInstalls: KeyedInstall[]; neighbours: number } {
  const before = neighboursOf(install, byKey, arrival).filter(({ installTime }) => installTime <= install.installTime)
  return {
    previousInstalls: siblingsOf(install, byKey, arrival),
    neighbours: new Set(before.map(({ deviceId }) => deviceId)).size,
  }
}
