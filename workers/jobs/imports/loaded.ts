import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { openDiskLogReader } from '#server/eventlog/index.ts'
import type { Env } from '#server/platform/env.ts'
import { createLogger } from '#server/platform/logger.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'

/** How long a loader may stand still before waiting for it is given up, in milliseconds. */
const PATIENCE_MS = 60_000
/** The same for loaders elsewhere, of which we only hear. */
const PATIENCE_ELSEWHERE_MS = 5 * 60_000
/** How long no further row may come after a loader elsewhere says that it is done, in milliseconds: its clock is not ours. */
const STILL_MS = 10_000
/** A log that nobody reported for so long is not one of this installation's any more. */
const FORGOTTEN_AFTER_SECONDS = 600

const positionSchema = z.object({ position: z.string() })
const countSchema = z.object({ n: z.coerce.number() })

async function row<T>(client: ClickHouseClient, schema: z.ZodType<T>, query: string, params: Record<string, unknown>) {
  const result = await client.query({ query, query_params: params, format: 'JSONEachRow' })
  const [first] = await result.json()
  return first === undefined ? undefined : schema.parse(first)
}

/** The folder of the disk log that a DATA_DIR holds; undefined where events go through another log, or another machine. */
export function diskLogOf({ DATA_DIR, EVENT_LOG }: Pick<Env, 'DATA_DIR' | 'EVENT_LOG'>): string | undefined {
  const dir = join(DATA_DIR, 'log')
  return EVENT_LOG === 'disk' && existsSync(dir) ? dir : undefined
}

/**
 * Waits until everything that was acknowledged before now is loaded.
 * @param dir the disk log of the collector and the loader
 * @param onWaiting called once, when there is something to wait for; may start a loader
 * @throws Error when the loader does not move on
 */
export async function waitForLoader(
  client: ClickHouseClient,
  dir: string,
  onWaiting: () => Promise<void> = async () => undefined,
  signal?: AbortSignal,
): Promise<void> {
  const began = Date.now()
  const reader = await openDiskLogReader({ dir, logger: createLogger('wait', 'silent') })
  let last = -1n
  let moved = began
  try {
    for (let round = 0; ; round++) {
      signal?.throwIfAborted()
      const found = await row(
        client,
        positionSchema,
        'select toString(max(position)) as position from load_progress where log_id = {logId:String}',
        { logId: reader.logId },
      )
      const position = BigInt(found?.position ?? 0)
      const [waiting] = await reader.read(position === 0n ? 0n : position + 1n, 1)
      if (!waiting || waiting.appendedAt > began) return
      if (round === 0) await onWaiting()
      if (position > last) [last, moved] = [position, Date.now()]
      if (Date.now() - moved > PATIENCE_MS) {
        throw new Error(
          `${await reader.bytesAfter(position)} bytes of the log in ${dir} are not loaded and no loader takes them. Start one with: npm run worker -- --roles loader. If this log belongs to another installation, set DATA_DIR to the folder of this one.`,
        )
      }
      await sleep(200)
    }
  } finally {
    await reader.close()
  }
}

/** How to wait until rows are loaded. */
export interface LoadedWait {
  /** The disk log of this machine; absent: the log is elsewhere. */
  logDir?: string | undefined
  onWaiting?: () => Promise<void>
  signal?: AbortSignal
  /** Milliseconds that loaders elsewhere may be silent or stand still, and that rows may still come once they are done. */
  patience?: number
  still?: number
}

/**
 * How many rows of an import can be queried, once the loaders have passed what was acknowledged.
 * @param expected as many as were accepted: when all are there nobody waits any longer
 * @returns null where loaders elsewhere are silent or do not move on, so that nobody knows
 */
export async function loadedRows(
  client: ClickHouseClient,
  of: { orgId: string; appId: string; table: 'events' | 'touchpoints'; requests: string },
  expected: number,
  wait: LoadedWait,
): Promise<number | null> {
  const count = async () => {
    const found = await row(
      client,
      countSchema,
      `select count() as n from ${of.table}
        where org_id = {org:String} and app_id = {app:String} and startsWith(request_id, {requests:String})`,
      { org: of.orgId, app: of.appId, requests: of.requests },
    )
    return found?.n ?? 0
  }
  if (wait.logDir) {
    await waitForLoader(client, wait.logDir, wait.onWaiting, wait.signal)
    return count()
  }
  return countElsewhere(client, count, expected, wait)
}

/** The log is on other machines: all there is to see is what their loaders report, and that rows still come. */
async function countElsewhere(
  client: ClickHouseClient,
  count: () => Promise<number>,
  expected: number,
  { signal, patience = PATIENCE_ELSEWHERE_MS, still = STILL_MS }: LoadedWait,
): Promise<number | null> {
  const began = Date.now()
  let found = -1
  let reached = -1
  /** Since when nothing came although everything is said to be there. */
  let quiet = began
  for (let moved = began; ; await sleep(250, undefined, signal ? { signal } : {})) {
    // Asked before the rows are counted, so that all are there that it speaks of.
    const until = await loadedUntil(client)
    const now = await count()
    if (now >= expected) return now
    if (now > found || until > reached) moved = Date.now()
    if (now > found || until <= began) quiet = Date.now()
    else if (Date.now() - quiet >= still) return now
    if (Date.now() - moved > patience) return null
    found = now
    reached = Math.max(reached, until)
  }
}

/** Up to when everything that arrived is loaded, as the loaders last said, in Unix milliseconds; 0 where none said anything. */
async function loadedUntil(client: ClickHouseClient): Promise<number> {
  const found = await row(
    client,
    countSchema,
    `select min(toInt64(toUnixTimestamp64Milli(reported_at)) - toInt64(lag_ms)) as n
      from loader_status final where reported_at > now() - ${FORGOTTEN_AFTER_SECONDS}`,
    {},
  )
  return found?.n ?? 0
}
