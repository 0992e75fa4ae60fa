import { z } from 'zod'
import { clickhouse } from '#server/stores/index.ts'

const rowsSchema = z.array(z.object({ lag: z.coerce.number(), age: z.coerce.number() }))

/** Loaders report every few seconds; one that has not for this long stands still. */
const SILENT_AFTER_MS = 30_000
/** A log that nobody reported for so long is not one of this installation's any more. */
const FORGOTTEN_AFTER_SECONDS = 600

/** How far what is acknowledged is ahead of what can be queried, over every log. */
export interface LoaderLag {
  /** `silent`: no loader reports; `unknown`: none has reported lately, or ever. */
  state: 'running' | 'silent' | 'unknown'
  /** Age in milliseconds of the oldest event that is not loaded yet; null where nobody knows. */
  lagMs: number | null
  /** Milliseconds since the loaders last reported. */
  reportedMs: number | null
}

/**
 * What the loaders say of themselves. The log is everybody's, so this is the same for each tenant and says nothing about
 * others but how busy the installation is.
 */
export async function loaderLag(): Promise<LoaderLag> {
  const result = await clickhouse().query({
    query: `select lag_ms as lag, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(reported_at) as age
      from loader_status final where reported_at > now() - ${FORGOTTEN_AFTER_SECONDS}`,
    format: 'JSONEachRow',
  })
  const rows = rowsSchema.parse(await result.json())
  if (rows.length === 0) return { state: 'unknown', lagMs: null, reportedMs: null }
  const reportedMs = Math.max(0, Math.min(...rows.map(({ age }) => age)))
  if (reportedMs > SILENT_AFTER_MS) return { state: 'silent', lagMs: null, reportedMs }
  const current = rows.filter(({ age }) => age <= SILENT_AFTER_MS)
  return { state: 'running', lagMs: Math.max(...current.map(({ lag }) => lag)), reportedMs }
}
