import { type Detour, type EventRow, simulate, type TouchpointRow, type TruthRow } from '#cli/simulate/index.ts'
import {
  type Arrival,
  candidatesOf,
  type FoundTouchpoint,
  indexByKey,
  installKeys,
  isNetworkKey,
  type KeyedInstall,
  surroundingsOf,
  touchpointKeys,
} from '#server/modules/attribution/candidates/index.ts'
import { engineInstall } from '#server/modules/attribution/decision-row.ts'
import {
  type AttributionSettings,
  DEFAULT_SETTINGS,
  decide,
  type Install,
  type PreviousInstall,
  referrerClickId,
  type Touchpoint,
  type Verdict,
} from '#server/modules/attribution/engine/index.ts'
import type { StoredInstall } from '#server/modules/attribution/schema.ts'
import { readUserAgent } from '#server/modules/events/ingest/user-agent.ts'
import { arrivalOf, firstOfEachDevice } from '#workers/attributor/work.ts'

const HOUR = 3_600_000
/** Levels of shared addresses and lengths of the probabilistic window at which the truth is measured. */
export const DEVICES_PER_ADDRESS = [1, 10, 100] as const
export const WINDOW_HOURS = [1, 3, 6, 12, 24] as const

/** A simulated world in which every address is shared by about as many devices as said. */
export interface TruthOptions {
  seed: number
  installs: number
  /** About how many devices see ads or install behind each address in the whole period; 1: nobody shares one. */
  devicesPerAddress: number
  days: number
  /** Touchpoints altogether, per install. */
  touchpointsPerInstall: number
}

/** Shares of the installs that take each detour in these worlds; see the simulator's options. */
const DETOURS = { late: 0.05, webToApp: 0.05, claims: 0.05 } as const
/** The detours that are counted apart. */
export const PATHS = ['late_click', 'second_event', 'web_to_app', 'claimed'] as const
export type Path = (typeof PATHS)[number]

/** An install with what the engine is given to decide it, and what really caused it. */
interface Question {
  install: Install
  truth: TruthRow
  /** An id, a click id, a person or a claim ties the install to what caused it, whatever the selection found. */
  tied: boolean
  paths: Path[]
  /** Everything that had arrived when the decision settled. */
  candidates: Touchpoint[]
  /** What of it had arrived with the install; null: all of it. */
  atFirst: Touchpoint[] | null
  previousInstalls: PreviousInstall[]
  neighbours: number
}

/** What came of one world under one probabilistic window. All shares are from 0 to 1. */
export interface TruthFigures {
  windowHours: number
  installs: number
  /**
   * Installs that a click id, referrer, device id, customer or claim ties to their touch; and how many of them were decided
   * right. A touch that the selection did not hand to the engine is wrong here.
   */
  deterministic: number
  deterministicRight: number
  /** Of the deterministic ones, those of each detour. */
  paths: Record<Path, { installs: number; right: number }>
  /** Deterministic ones whose decision was another one before what came late had arrived. */
  overturned: number
  /** Installs that only address and kind of device tie to their touch; and of how many the selection left the touch out. */
  blind: number
  blindLeftOut: number
  /** Decided probabilistically, how many of those name the very touch, and how many at least its campaign. */
  probabilistic: number
  probabilisticRight: number
  probabilisticRightCampaign: number
  organic: number
  organicMisattributed: number
}

/** What was simulated and what came of it. */
export interface TruthReport {
  touchpoints: number
  figures: TruthFigures[]
}

const asTouchpoint = ({ at, row }: { at: number; row: TouchpointRow }): FoundTouchpoint => {
  // As the collector reads a user agent before a touchpoint is stored.
  const { osVersion, deviceModel } = readUserAgent(row.user_agent ?? '')
  return {
    touchpointId: row.touchpoint_id,
    touchpointType: row.touchpoint_type,
    touchpointTime: row.touchpoint_time,
    mediaSource: row.media_source,
    campaign: row.campaign,
    advertisingId: row.advertising_id,
    idfv: row.idfv,
    customerUserId: row.customer_user_id,
    claimedDeviceId: row.claimed_device_id,
    ip: row.ip,
    platform: row.platform,
    osVersion,
    deviceModel,
    receivedAt: at,
  }
}

const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())

/** An install event as the attributor reads it from the store. */
const asStored = ({ at, row }: { at: number; row: EventRow }): StoredInstall => ({
  event_id: row.event_id,
  device_id: row.device_id,
  install_time: new Date(row.event_time).toISOString(),
  received_at: new Date(at).toISOString(),
  platform: row.platform,
  environment: 'production',
  advertising_id: row.advertising_id ?? null,
  idfv: row.idfv ?? null,
  customer_user_id: row.customer_user_id ?? null,
  click_id: row.click_id ?? null,
  install_referrer: row.install_referrer ?? null,
  referrer_click_id: referrerClickId(row.install_referrer) ?? null,
  referrer_click_time: time(row.referrer_click_time),
  install_begin_time: time(row.install_begin_time),
  referrer_click_time_server: null,
  install_begin_time_server: null,
  ip: row.ip,
  country: row.country,
  os_version: row.os_version ?? null,
  app_version: row.app_version,
  device_model: row.device_model ?? null,
  user_agent: row.user_agent ?? null,
  probabilistic_allowed: true,
  completed_by: [],
})

/** Simulates a world and finds for each install what the attributor would find for it, by the same selection. */
function ask(options: TruthOptions): { questions: Question[]; touchpoints: number } {
  const shared = options.devicesPerAddress > 1
  const world = simulate({
    seed: options.seed,
    installs: options.installs,
    days: options.days,
    end: Date.UTC(2026, 10, 1),
    touchpointsPerInstall: options.touchpointsPerInstall,
    blindViews: 0.1,
    nat: shared ? 1 : 0,
    natSize: options.devicesPerAddress,
    ...DETOURS,
  })
  const touchpoints = Array.from(world.touchpointArrivals, asTouchpoint)
  const byId = new Map(touchpoints.map((one) => [one.touchpointId, one]))
  const byKey = indexByKey(touchpoints)
  const installs = [...firstOfEachDevice(Array.from(world.installArrivals, asStored)).values()]
  const installsByKey = new Map<string, KeyedInstall[]>()
  for (const stored of installs) {
    const install = engineInstall(stored)
    const { receivedAt } = arrivalOf(stored)
    for (const key of installKeys(install)) {
      const keyed = { ...install, key, environment: stored.environment, receivedAt }
      const list = installsByKey.get(key)
      if (list) list.push(keyed)
      else installsByKey.set(key, [keyed])
    }
  }
  const truths = new Map(Array.from(world.truth, (row) => [row.device_id, row]))
  const detours = new Map(Array.from(world.detours, (one) => [one.device_id, one]))
  const questions = installs.map((stored): Question => {
    const install = engineInstall(stored)
    const truth = truths.get(install.deviceId)
    const detour = detours.get(install.deviceId)
    if (truth === undefined || detour === undefined) throw new Error(`no truth for ${install.deviceId}`)
    const arrival = arrivalOf(stored)
    const causing = byId.get(truth.touchpoint_id)
    if (truth.cause !== 'organic' && causing === undefined) throw new Error(`no touchpoint ${truth.touchpoint_id}`)
    return {
      install,
      truth,
      tied: causing !== undefined && isTied(install, causing),
      paths: pathsOf(detour),
      candidates: candidatesOf(install, byKey, arrival),
      atFirst: detour.lateClick || detour.claimed ? arrivedBy(install, byKey, arrival) : null,
      ...surroundingsOf(install, installsByKey, arrival),
    }
  })
  return { questions, touchpoints: touchpoints.length }
}

/** What of an install's candidates had arrived with it. */
function arrivedBy(install: Install, byKey: ReturnType<typeof indexByKey>, arrival: Arrival): FoundTouchpoint[] {
  return candidatesOf(install, byKey, arrival).filter(({ receivedAt = 0 }) => receivedAt <= arrival.receivedAt)
}

function isTied(install: Install, touchpoint: Touchpoint): boolean {
  const { claimedDeviceId = null, ip = null } = touchpoint
  const keys = new Set<string>(touchpointKeys({ ...touchpoint, claimedDeviceId, ip }))
  return installKeys(install).some((key) => !isNetworkKey(key) && keys.has(key))
}

function pathsOf({ lateClick, secondEventAfterMs, webToApp, claimed }: Detour): Path[] {
  const taken: Record<Path, boolean> = {
    late_click: lateClick,
    second_event: secondEventAfterMs !== null,
    web_to_app: webToApp,
    claimed,
  }
  return PATHS.filter((path) => taken[path])
}

const isRight = (truth: TruthRow, { winner }: Verdict) =>
  (winner?.touchpoint.touchpointId ?? '') === truth.touchpoint_id
const isRightCampaign = (truth: TruthRow, { winner }: Verdict) =>
  (winner?.touchpoint.mediaSource ?? 'organic') === truth.media_source &&
  (winner?.touchpoint.campaign ?? '') === truth.campaign

/**
 * Simulates a world without fraud and lets the engine decide every install, once for each probabilistic window.
 * Everything stays in memory: about 700 bytes for a touchpoint.
 */
export function runTruth(options: TruthOptions, windowHours: readonly number[]): TruthReport {
  const { questions, touchpoints } = ask(options)
  const figures = windowHours.map(
    (hours): TruthFigures => ({
      windowHours: hours,
      installs: questions.length,
      deterministic: 0,
      deterministicRight: 0,
      paths: {
        late_click: { installs: 0, right: 0 },
        second_event: { installs: 0, right: 0 },
        web_to_app: { installs: 0, right: 0 },
        claimed: { installs: 0, right: 0 },
      },
      overturned: 0,
      blind: 0,
      blindLeftOut: 0,
      probabilistic: 0,
      probabilisticRight: 0,
      probabilisticRightCampaign: 0,
      organic: 0,
      organicMisattributed: 0,
    }),
  )
  const settings = windowHours.map(
    (hours): AttributionSettings => ({ ...DEFAULT_SETTINGS, probabilisticWindowMs: hours * HOUR }),
  )
  for (const question of questions) {
    const { install, candidates, atFirst, previousInstalls, neighbours } = question
    let verdict: Verdict | null = null
    for (const [index, under] of settings.entries()) {
      // Where nothing matches by address alone, no probabilistic window changes anything.
      const same = verdict?.candidates.every(({ matchType }) => matchType !== 'probabilistic')
      if (verdict === null || !same) verdict = decide(install, candidates, under, previousInstalls, neighbours)
      const first = atFirst && decide(install, atFirst, under, previousInstalls, neighbours)
      const into = figures[index]
      if (into) count(into, question, verdict, first)
    }
  }
  return { touchpoints, figures }
}

const winnerOf = ({ winner }: Verdict): string => winner?.touchpoint.touchpointId ?? ''

function count(into: TruthFigures, { truth, tied, paths }: Question, verdict: Verdict, first: Verdict | null): void {
  const right = isRight(truth, verdict)
  if (truth.cause === 'organic') {
    into.organic++
    if (!right) into.organicMisattributed++
  } else if (tied) {
    into.deterministic++
    if (right) into.deterministicRight++
    if (first && winnerOf(first) !== winnerOf(verdict)) into.overturned++
    for (const path of paths) {
      into.paths[path].installs++
      if (right) into.paths[path].right++
    }
  } else {
    into.blind++
    if (verdict.candidates.every(({ touchpoint }) => touchpoint.touchpointId !== truth.touchpoint_id))
      into.blindLeftOut++
  }
  if (verdict.matchType === 'probabilistic') {
    into.probabilistic++
    if (right) into.probabilisticRight++
    if (isRightCampaign(truth, verdict)) into.probabilisticRightCampaign++
  }
}
