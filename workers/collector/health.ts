import type { HotPostgres } from '#server/stores/postgres/hot.ts'
import type { Collector } from './context.ts'

/** How long a failed append counts against readiness when no other was tried since, in milliseconds. */
const FAILURE_COUNTS_MS = 5_000

/** What `/readyz` answers; each check is `ok` or says what is wrong. */
export interface CollectorReadiness {
  ready: boolean
  checks: { postgres: string; event_log: string }
}

/**
 * Whether the collector's dependencies answer. Without Postgres it still serves the keys and links that it has cached.
 */
export async function collectorReadiness(db: HotPostgres, collector: Collector): Promise<CollectorReadiness> {
  const { appendFailedAt, clock } = collector
  const logFails = appendFailedAt !== null && clock.now() - appendFailedAt < FAILURE_COUNTS_MS
  const postgres = await db.ping().then(
    () => 'ok',
    () => 'away; only cached keys and links work',
  )
  const eventLog = logFails ? 'the last append failed' : 'ok'
  return { ready: postgres === 'ok' && !logFails, checks: { postgres, event_log: eventLog } }
}
