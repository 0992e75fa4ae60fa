import type { EventLogWriter, FrameInput } from '#server/eventlog/index.ts'
import type { AppLookup } from '#server/modules/apps/hot.ts'
import type { DoorLookup } from '#server/modules/doors/hot.ts'
import type { CountryOf } from '#server/modules/events/hot.ts'
import type { KeyLookup } from '#server/modules/keys/hot.ts'
import type { LinkLookup } from '#server/modules/links/hot.ts'
import type { QuotaLookup } from '#server/modules/usage/hot.ts'
import type { Clock } from '#server/platform/clock.ts'
import type { Logger } from '#server/platform/logger.ts'
import { discard } from '#server/platform/memory.ts'
import type { Limiter } from './limits.ts'
import type { CollectorMetrics } from './metrics.ts'
import type { RefusedCounts } from './refused.ts'
import type { TouchLog } from './touch-log.ts'

/** What every route of the collector works with. */
export interface Collector {
  log: EventLogWriter
  /** Where clicks and views go. */
  touches: TouchLog
  keys: KeyLookup
  apps: AppLookup
  links: LinkLookup
  doors: DoorLookup
  countryOf: CountryOf
  limiter: Limiter
  quota: QuotaLookup
  refused: RefusedCounts
  metrics: CollectorMetrics
  logger: Logger
  clock: Clock
  /** COLLECTOR_URL: the address that clients reach the collector at. */
  publicUrl: string
  /** Unix milliseconds of the last append that failed, if none succeeded since. */
  appendFailedAt: number | null
}

/** One request, as far as it is known before its route runs. */
export interface RequestInfo {
  requestId: string
  /** The caller's address; empty when the connection has none. */
  ip: string
  path: string
  query: URLSearchParams
}

/** Longest user agent that is kept, in characters. */
const USER_AGENT_LENGTH = 1024

/** The request's user agent, cut to what is kept. */
export function userAgentOf(header: string | undefined): string {
  return (header ?? '').slice(0, USER_AGENT_LENGTH)
}

/**
 * Appends frames and counts their bytes once they are durable; their payloads are gone then.
 * @throws AppError `unavailable` when they cannot be made durable; nothing is acknowledged then
 */
export async function append(collector: Collector, frames: readonly FrameInput[]): Promise<void> {
  if (frames.length === 0) return
  try {
    await collector.log.append(frames)
  } catch (error) {
    collector.appendFailedAt = collector.clock.now()
    throw error
  }
  collector.appendFailedAt = null
  for (const { payload } of frames) {
    collector.metrics.appendedBytes.inc(payload.length)
    discard(payload)
  }
}
