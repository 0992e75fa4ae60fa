import type { Logger } from '#server/platform/logger.ts'
import type { HotPostgres } from '#server/stores/postgres/hot.ts'

/** Why events were refused although nothing is wrong with them. */
export type RefusedReason = 'rate_limited' | 'quota_exceeded'

/** Counts of what limits and quotas refused, on their way to Postgres, where the console finds them. */
export interface RefusedCounts {
  /** Counts events or touchpoints of one request. */
  add(refused: { orgId: string; appId: string; keyId: string; reason: RefusedReason }, count: number): void
  /** Writes what is pending, then ends. */
  stop(): Promise<void>
}

const FLUSH_MS = 1_000
const BUCKET_MS = 15 * 60_000
/** Kept while Postgres is away: a row for each key, reason and quarter of an hour. Past it counts are lost. */
const MOST_PENDING = 50_000

/**
 * Collects counts and writes them every second; a collector that is killed loses the last second's.
 * @param now Unix milliseconds
 */
export function countRefused(db: HotPostgres, logger: Logger, now: () => number): RefusedCounts {
  let pending = new Map<string, number>()
  let running: Promise<void> = Promise.resolve()
  let away = false

  const write = async () => {
    if (pending.size === 0) return
    const batch = pending
    pending = new Map()
    const rows = [...batch].map(([key, count]) => ({ parts: key.split('\n'), count }))
    const column = (place: number) => rows.map(({ parts }) => parts[place] ?? '')
    try {
      await db.query(
        'select add_refused($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::bigint[])',
        [column(0), column(1), column(2), column(3), column(4), rows.map(({ count }) => count)],
      )
      away = false
    } catch (error) {
      if (!away) logger.warn({ err: error }, 'counts of refused events must wait')
      away = true
      for (const [key, count] of batch) merge(pending, key, count)
    }
  }
  const flush = () => {
    running = running.then(write)
    return running
  }
  const timer = setInterval(flush, FLUSH_MS)
  timer.unref()
  return {
    add({ orgId, appId, keyId, reason }, count) {
      const bucket = new Date(Math.floor(now() / BUCKET_MS) * BUCKET_MS).toISOString()
      merge(pending, [orgId, appId, keyId, bucket, reason].join('\n'), count)
    },
    async stop() {
      clearInterval(timer)
      await flush()
    },
  }
}

function merge(counts: Map<string, number>, key: string, count: number): void {
  const before = counts.get(key)
  if (before === undefined && counts.size >= MOST_PENDING) return
  counts.set(key, (before ?? 0) + count)
}
