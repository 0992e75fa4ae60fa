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
/** How long no further row may come before a loader elsewhere counts as done, in milliseconds. */
const STILL_MS = 10_000

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

/**
 * How many rows of an import can be queried, once the loader has passed what was acknowledged.
 * @param expected as many as were accepted; where the log is on another machine, waiting ends when all are there or no more come
 */
export async function loadedRows(
  client: ClickHouseClient,
  of: { orgId: string; appId: string; table: 'events' | 'touchpoints'; requests: string },
  expected: number,
  wait: { logDir?: string | undefined; onWaiting?: () => Promise<void>; signal?: AbortSignal },
): Promise<number> {
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
  // The collector and its log are on another machine: all there is to see is that rows still come.
  let found = await count()
  for (let since = Date.now(); found < expected && Date.now() - since < STILL_MS; ) {
    await sleep(250, undefined, wait.signal ? { signal: wait.signal } : {})
    const now = await count()
    if (now > found) since = Date.now()
    found = now
  }
  return found
}
