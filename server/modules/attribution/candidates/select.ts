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

/**
 * Touchpoints of one kind (clicks, views) that are looked at for one key and day (UTC), the latest up to the install: a bound
 * against floods. Also how many installs are looked at for one key; behind a network address, for one key and day.
 */
export const PER_KEY = 1_000

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

/** Touchpoints by every key under which an install may look for them; those of one key in order of time. */
export type TouchpointIndex = ReadonlyMap<string, readonly FoundTouchpoint[]>

/** Makes the index that {@link candidatesOf} looks into. @param touchpoints each once */
export function indexByKey(touchpoints: Iterable<FoundTouchpoint>): TouchpointIndex {
  const byKey = new Map<string, FoundTouchpoint[]>()
  for (const touchpoint of touchpoints) {
    for (const key of touchpointKeys(touchpoint)) {
      const list = byKey.get(key)
      if (list) list.push(touchpoint)
      else byKey.set(key, [touchpoint])
    }
  }
  for (const list of byKey.values()) list.sort(byTimeThenLaterId)
  return byKey
}

const byId = (a: FoundTouchpoint, b: FoundTouchpoint): number => (a.touchpointId < b.touchpointId ? -1 : 1)
/** Of two at the same time the one with the smaller id counts as the later one, as the stores' bounds have it. */
const byTimeThenLaterId = (a: FoundTouchpoint, b: FoundTouchpoint): number =>
  a.touchpointTime - b.touchpointTime || byId(b, a)

/** When a decision about an install is taken for good, and when the install arrived; Unix milliseconds. */
export interface Arrival {
  receivedAt: number
  settlesAt: number
}

/**
 * The touchpoints an install could have come from: those it names, those of its device or person in the longest window
 * before it ({@link PER_KEY} a day), and those from its network address in the span of a crowd. The bounds depend on nothing
 * else that was loaded, so that every order of arrival gives one list.
 * @param arrival what arrived after the decision settled is left out, unless the install names it; absent: nothing is
 */
export function candidatesOf(install: Install, byKey: TouchpointIndex, arrival?: Arrival): FoundTouchpoint[] {
  const found = new Map<string, FoundTouchpoint>()
  for (const key of installKeys(install)) {
    const list = byKey.get(key)
    if (list === undefined) continue
    const fitting = isNamedKey(key) ? list.filter(named(arrival)) : lastOf(list, install, isNetworkKey(key), arrival)
    for (const touchpoint of fitting) found.set(touchpoint.touchpointId, touchpoint)
  }
  // In one order whatever was loaded first: probabilities are sums, and sums of fractions depend on it.
  return [...found.values()].sort((a, b) => a.touchpointTime - b.touchpointTime || byId(a, b))
}

const named = (arrival: Arrival | undefined) => (touchpoint: FoundTouchpoint) =>
  arrival === undefined || touchpoint.touchpointTime <= arrival.receivedAt + AHEAD_MS

/**
 * The touchpoints of one key in the span before an install, from the latest on: of a crowd or a flood no more than its bound
 * is looked at.
 */
function lastOf(
  list: readonly FoundTouchpoint[],
  install: Install,
  network: boolean,
  arrival: Arrival | undefined,
): FoundTouchpoint[] {
  const span = network ? CROWD_SPAN_MS : LONGEST_WINDOW_MS
  const settlesAt = arrival?.settlesAt ?? Number.POSITIVE_INFINITY
  const fitting: FoundTouchpoint[] = []
  let day = Number.NaN
  const crowd = { click: 0, view: 0 }
  const ofDay = { click: 0, view: 0 }
  for (let at = countUpTo(list, install.installTime, timeOf) - 1; at >= 0; at -= 1) {
    const touchpoint = list[at]
    if (touchpoint === undefined || install.installTime - touchpoint.touchpointTime > span) break
    const { touchpointTime, touchpointType: kind, receivedAt = 0 } = touchpoint
    if (receivedAt > settlesAt) continue
    const itsDay = Math.floor(touchpointTime / DAY_MS)
    if (itsDay !== day) {
      day = itsDay
      ofDay.click = 0
      ofDay.view = 0
    }
    crowd[kind] += 1
    ofDay[kind] += 1
    if (network && crowd[kind] >= CROWD) return []
    if (ofDay[kind] <= PER_KEY) fitting.push(touchpoint)
  }
  return fitting
}

const DAY_MS = 86_400_000
const timeOf = ({ touchpointTime }: FoundTouchpoint): number => touchpointTime
const installTimeOf = ({ installTime }: KeyedInstall): number => installTime

/** How many of a list in order of time lie at or before a time. */
function countUpTo<T>(list: readonly T[], time: number, timeOf: (one: T) => number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const one = list[middle]
    if (one !== undefined && timeOf(one) <= time) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Of installs under one key those up to a time that an install of that time is compared with: the latest {@link PER_KEY}, behind
 * a network address so many of the time's day (UTC) and of those before.
 * @param list in order of time
 * @param time Unix milliseconds
 */
export function installsUpTo(list: readonly KeyedInstall[], key: string, time: number): KeyedInstall[] {
  const end = countUpTo(list, time, installTimeOf)
  const latest = (first: number, last: number) => list.slice(Math.max(first, last - PER_KEY), last)
  if (!isNetworkKey(key)) return latest(0, end)
  const before = countUpTo(list, Math.floor(time / DAY_MS) * DAY_MS - 1, installTimeOf)
  return [...latest(0, before), ...latest(before, end)]
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
