import { env } from '#server/platform/env.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { diskLogOf, waitForLoader } from '#workers/jobs/imports/loaded.ts'
import { waitForPartitions } from './backup/partitions.ts'

/**
 * Waits until everything that was acknowledged before now is loaded, whichever log it is in. A DATA_DIR without a log has
 * nothing to wait for.
 * @param onWaiting called once, when there is something to wait for; may start a loader
 * @throws Error when the loader does not move on
 */
export async function waitUntilLoaded(
  client: ClickHouseClient,
  dataDir: string,
  onWaiting: () => Promise<void>,
): Promise<void> {
  const { EVENT_LOG } = env()
  if (EVENT_LOG === 'kafka') return waitForPartitions(client, onWaiting)
  const dir = diskLogOf({ DATA_DIR: dataDir, EVENT_LOG })
  if (dir) await waitForLoader(client, dir, onWaiting)
}
