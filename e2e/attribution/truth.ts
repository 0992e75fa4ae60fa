import { type EventRow, simulate, type TouchpointRow, type TruthRow } from '#cli/simulate/index.ts'
import {
  candidatesOf,
  indexByKey,
  installKeys,
  type KeyedInstall,
  surroundingsOf,
} from '#server/modules/attribution/candidates/index.ts'
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
import { readUserAgent } from '#server/modules/events/ingest/user-agent.ts'

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

/** An install with what the engine is given to decide it, and what really caused it. */
interface Question {
  install: Install
  truth: TruthRow
  candidates: Touchpoint[]
  previousInstalls: PreviousInstall[]
  neighbours: number
}

/** What came of one world under one probabilistic window. All shares are from 0 to 1. */
export interface TruthFigures {
  windowHours: number
  installs: number
  /** Installs that a click id, referrer or device id ties to their touch; and how many of them were decided right. */
  deterministic: number
  deterministicRight: number
  /** Installs that only address and kind of device tie to their touch. */
  blind: number
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

const asTouchpoint = (row: TouchpointRow): Touchpoint => {
  // As the collector reads a user agent before a touchpoint is stored.
  const { osVersion, deviceModel } = readUserAgent(row.user_agent)
  return {
    touchpointId: row.touchpoint_id,
    touchpointType: row.touchpoint_type,
    touchpointTime: row.touchpoint_time,
    mediaSource: row.media_source,
    campaign: row.campaign,
    advertisingId: row.advertising_id,
    idfv: row.idfv,
    ip: row.ip,
    platform: row.platform,
    osVersion,
    deviceModel,
  }
}

const asInstall = (row: EventRow): Install => ({
  deviceId: row.device_id,
  installTime: row.event_time,
  platform: row.platform,
  clickId: row.click_id,
  referrerClickId: referrerClickId(row.install_referrer),
  advertisingId: row.advertising_id,
  idfv: row.idfv,
  installBeginTime: row.install_begin_time,
  environment: 'production',
  ip: row.ip,
  osVersion: row.os_version,
  deviceModel: row.device_model,
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
  })
  const touchpoints = Array.from(world.touchpoints, asTouchpoint)
  const byKey = indexByKey(touchpoints)
  const installs = Array.from(world.installs, asInstall)
  const installsByKey = new Map<string, KeyedInstall[]>()
  for (const install of installs) {
    for (const key of installKeys(install)) {
      const keyed = { ...install, key, environment: 'production' as const }
      const list = installsByKey.get(key)
      if (list) list.push(keyed)
      else installsByKey.set(key, [keyed])
    }
  }
  const truths = new Map(Array.from(world.truth, (row) => [row.device_id, row]))
  const questions = installs.map((install): Question => {
    const truth = truths.get(install.deviceId)
    if (truth === undefined) throw new Error(`no truth for ${install.deviceId}`)
    return { install, truth, candidates: candidatesOf(install, byKey), ...surroundingsOf(install, installsByKey) }
  })
  return { questions, touchpoints: touchpoints.length }
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
      blind: 0,
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
    let verdict: Verdict | null = null
    for (const [index, under] of settings.entries()) {
      // Where nothing matches by address alone, no probabilistic window changes anything.
      const same = verdict?.candidates.every(({ matchType }) => matchType !== 'probabilistic')
      if (verdict === null || !same) {
        verdict = decide(question.install, question.candidates, under, question.previousInstalls, question.neighbours)
      }
      const into = figures[index]
      if (into) count(into, question, verdict)
    }
  }
  return { touchpoints, figures }
}

function count(into: TruthFigures, { truth }: Question, verdict: Verdict): void {
  const right = isRight(truth, verdict)
  const causing = verdict.candidates.find(({ touchpoint }) => touchpoint.touchpointId === truth.touchpoint_id)
  if (truth.cause === 'organic') {
    into.organic++
    if (!right) into.organicMisattributed++
  } else if (causing && causing.matchType !== null && causing.matchType !== 'probabilistic') {
    into.deterministic++
    if (right) into.deterministicRight++
  } else {
    into.blind++
  }
  if (verdict.matchType === 'probabilistic') {
    into.probabilistic++
    if (right) into.probabilisticRight++
    if (isRightCampaign(truth, verdict)) into.probabilisticRightCampaign++
  }
}
