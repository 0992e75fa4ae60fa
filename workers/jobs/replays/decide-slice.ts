import { setImmediate as breathe } from 'node:timers/promises'
import {
  type AttributionSettings,
  candidatesOf,
  decide,
  type HeldReplay,
  type Install,
  installKeys,
  installsUpTo,
  type KeyedInstall,
  PER_KEY,
  surroundingsOf,
  type Verdict,
} from '#server/modules/attribution/index.ts'
import type { Before, SliceData } from './slice-data.ts'
import type { OthersByKey } from './slice-others.ts'

/** Installs decided before the process looks after something else: other jobs and the next slice's rows wait that long. */
const BREATH = 500

/** A row of `replay_decisions`. */
export interface ReplayDecisionRow {
  org_id: string
  app_id: string
  replay_id: string
  device_id: string
  install_time: string
  conversion_type: string
  outcome: string
  match_type: string
  probability: number
  touchpoint_id: string
  touchpoint_type: string
  touchpoint_time: string | null
  media_source: string
  campaign: string
  ad_set: string
  ad: string
  before_conversion_type: string
  before_outcome: string
  before_match_type: string
  before_touchpoint_id: string
  before_media_source: string
  before_campaign: string
  engine_version: string
  written_at: string
}

/**
 * Decides a slice's installs under the replay's settings: the attributor's own candidates and engine.
 * @param now Unix milliseconds
 * @throws the signal's reason
 */
export async function decideSlice(
  held: Pick<HeldReplay, 'id' | 'orgId' | 'appId' | 'settings'>,
  data: SliceData,
  now: number,
  signal: AbortSignal,
): Promise<ReplayDecisionRow[]> {
  const rows: ReplayDecisionRow[] = []
  for (const one of data.installs) {
    if (rows.length % BREATH === BREATH - 1) {
      await breathe()
      signal.throwIfAborted()
    }
    rows.push(replayRow(held, one, decideInstall(one, data, held.settings), now))
  }
  return rows
}

/** One verdict of a replay. */
export function decideInstall(
  { install, arrival }: Pick<SliceData['installs'][number], 'install' | 'arrival'>,
  { touchpoints, others }: Pick<SliceData, 'touchpoints' | 'others'>,
  settings: AttributionSettings,
): Verdict {
  const { previousInstalls, neighbours } = surroundingsOf(install, upTo(install, others), arrival)
  return decide(install, candidatesOf(install, touchpoints, arrival), settings, previousInstalls, neighbours)
}

/** The installs that this one is compared with, as few of a crowd or a farm as the attributor looks at. */
function upTo(install: Install, others: OthersByKey): OthersByKey {
  const own = new Map<string, readonly KeyedInstall[]>()
  for (const key of installKeys(install)) {
    const list = others.get(key)
    if (list) own.set(key, list.length > PER_KEY ? installsUpTo(list, key, install.installTime) : list)
  }
  return own
}

function replayRow(
  { id, orgId, appId }: Pick<HeldReplay, 'id' | 'orgId' | 'appId'>,
  { install, installTime, before }: { install: { deviceId: string }; installTime: string; before: Before },
  verdict: Verdict,
  now: number,
): ReplayDecisionRow {
  const won = verdict.winner?.touchpoint
  return {
    org_id: orgId,
    app_id: appId,
    replay_id: id,
    device_id: install.deviceId,
    install_time: installTime,
    conversion_type: verdict.conversionType,
    outcome: verdict.outcome,
    match_type: verdict.matchType ?? '',
    probability: verdict.winner?.probability ?? 0,
    touchpoint_id: won?.touchpointId ?? '',
    touchpoint_type: won?.touchpointType ?? '',
    touchpoint_time: won ? new Date(won.touchpointTime).toISOString() : null,
    media_source: won?.mediaSource ?? 'organic',
    campaign: won?.campaign ?? '',
    ad_set: won?.adSet ?? '',
    ad: won?.ad ?? '',
    before_conversion_type: before.conversionType,
    before_outcome: before.outcome,
    before_match_type: before.matchType,
    before_touchpoint_id: before.touchpointId,
    before_media_source: before.mediaSource,
    before_campaign: before.campaign,
    engine_version: verdict.engineVersion,
    written_at: new Date(now).toISOString(),
  }
}
