import { setTimeout as sleep } from 'node:timers/promises'
import { openLogPlaces } from '#server/eventlog/index.ts'
import { env } from '#server/platform/env.ts'
import { createLogger } from '#server/platform/logger.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { loadedPosition } from '#workers/loader/replay.ts'

/** How long the loaders may stand still before waiting for them is given up, in milliseconds. */
const PATIENCE_MS = 60_000

/**
 * Waits until every partition of the Kafka log is loaded as far as it reaches now.
 * @param onWaiting called once, when there is something to wait for
 * @throws Error when the loaders do not move on; the brokers' error when they cannot be reached
 */
export async function waitForPartitions(client: ClickHouseClient, onWaiting: () => Promise<void>): Promise<void> {
  const places = await openLogPlaces(env(), createLogger('backup', 'warn'))
  const logs = await places.at(Date.now()).finally(() => places.close())
  let before = ''
  let moved = Date.now()
  for (let round = 0; ; round += 1) {
    const behind: string[] = []
    for (const { logId, end, oldestAt } of logs) {
      const next = ((await loadedPosition(client, logId)) ?? -1n) + 1n
      if (oldestAt !== undefined && next < end) behind.push(`${logId}: ${end - next} messages`)
    }
    if (behind.length === 0) return
    if (round === 0) await onWaiting()
    if (behind.join() !== before) [before, moved] = [behind.join(), Date.now()]
    if (Date.now() - moved > PATIENCE_MS) {
      throw new Error(
        `The event log on Kafka is not loaded and no loader takes it (${before}). Start one with: npm run worker -- --roles loader`,
      )
    }
    await sleep(300)
  }
}
