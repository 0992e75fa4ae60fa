import {
  type Arrival,
  type AttributionSettings,
  CROWD_SPAN_MS,
  engineInstall,
  type HeldReplay,
  type Install,
  SETTLE_MS,
  storedInstallSchema,
  type TouchpointIndex,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { lines, stream, text } from './read.ts'
import { type OthersByKey, readOthers } from './slice-others.ts'
import { IN_SLICE, type Read } from './slice-sql.ts'
import { type KeyKinds, readTouchpoints } from './slice-touchpoints.ts'
import type { Slice } from './slices.ts'

const DAY = 86_400_000
/** How far a device's clock may be behind ours; the engine lets a touchpoint that an install names come so much later. */
const CLOCK_TOLERANCE_MS = DAY

/** What was decided about an install before the replay. */
export interface Before {
  conversionType: string
  outcome: string
  matchType: string
  touchpointId: string
  mediaSource: string
  campaign: string
}

/** Everything that deciding a slice's installs takes. */
export interface SliceData {
  installs: { install: Install; installTime: string; arrival: Arrival; before: Before }[]
  touchpoints: TouchpointIndex
  /** Installs of the same devices and behind the same network addresses. */
  others: OthersByKey
  /** Installs whose stored form cannot be read: left out, because one odd row must not keep all others from being decided. */
  unreadable: number
}

/** The longest window that the settings give a touchpoint, in milliseconds: what is older cannot win. */
export function longestWindow(settings: AttributionSettings): number {
  const own = Object.values(settings.perMediaSource)
  const windows = own.flatMap(({ clickLookbackMs, viewLookbackMs, probabilisticWindowMs }) => [
    clickLookbackMs ?? 0,
    viewLookbackMs ?? 0,
    probabilisticWindowMs ?? 0,
  ])
  const { clickLookbackMs, viewLookbackMs, probabilisticWindowMs } = settings
  return Math.max(clickLookbackMs, viewLookbackMs, probabilisticWindowMs, ...windows)
}

/**
 * Reads a slice of a replay's installs with every touchpoint that could win one of them and the other installs of their
 * devices.
 * @throws ClickHouseError, a connection error, or the signal's reason
 */
export async function readSlice(
  clickhouse: ClickHouseClient,
  held: HeldReplay & { snapshotId: string; snapshotAt: Date },
  kinds: KeyKinds,
  slice: Slice,
  signal: AbortSignal,
): Promise<SliceData> {
  const params = {
    org: held.orgId,
    app: held.appId,
    snapshot: held.snapshotId,
    from: slice.from,
    to: slice.to,
    part: slice.part,
    parts: slice.parts,
    cut: held.snapshotAt.getTime(),
    oldest: slice.from - longestWindow(held.settings),
    near: slice.from - CROWD_SPAN_MS,
    latest: slice.to + CLOCK_TOLERANCE_MS,
    settle: SETTLE_MS,
  }
  const read = (sql: string) => stream(clickhouse, sql, params, signal)
  const [installs, touchpoints, others] = await Promise.all([
    readInstalls(read),
    readTouchpoints((sql) => lines(clickhouse, sql, params, signal), kinds),
    readOthers(read, held.settings.probabilisticEnabled),
  ])
  return { ...installs, touchpoints, others }
}

async function readInstalls(read: Read): Promise<Pick<SliceData, 'installs' | 'unreadable'>> {
  const installs: SliceData['installs'] = []
  let unreadable = 0
  const sql = `select toString(install_time), conversion_type, outcome, match_type, touchpoint_id, media_source, campaign, install
    from replay_installs where ${IN_SLICE} order by install_time, device_id`
  for await (const rows of read(sql)) {
    for (const row of rows) {
      const parsed = storedInstallSchema.safeParse(JSON.parse(text(row, 7)))
      if (!parsed.success) {
        unreadable += 1
        continue
      }
      const stored = parsed.data
      const receivedAt = Date.parse(stored.received_at)
      installs.push({
        arrival: { receivedAt, settlesAt: receivedAt + SETTLE_MS },
        installTime: text(row, 0),
        before: {
          conversionType: text(row, 1),
          outcome: text(row, 2),
          matchType: text(row, 3),
          touchpointId: text(row, 4),
          mediaSource: text(row, 5),
          campaign: text(row, 6),
        },
        install: engineInstall(stored),
      })
    }
  }
  return { installs, unreadable }
}
