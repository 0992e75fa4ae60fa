import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  claimReplay,
  type HeldReplay,
  KEPT_DAYS,
  LostReplay,
  noteCleared,
  replaysToClear,
} from '#server/modules/attribution/index.ts'
import { systemClock } from '#server/platform/clock.ts'
import type { Logger } from '#server/platform/logger.ts'
import { type ClickHouseClient, clickhouse, deleteRows, postgres } from '#server/stores/index.ts'
import { runReplay } from './run.ts'
import { OF_SNAPSHOT } from './snapshot.ts'

/** How often a free worker asks for work. */
const ASK_EVERY_MS = 2000

/**
 * Runs the what-if replays that people start in the console, one at a time in a process. A worker that is stopped or killed
 * leaves its replay to the next one, which goes on after the last slice that was written.
 * @returns stops after handing back what is under way
 */
export function workOnReplays({ logger }: { logger: Logger }): () => Promise<void> {
  const stopping = new AbortController()
  const worker = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
  const pause = () => sleep(ASK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const held = await claimReplay(worker).catch((error: unknown) => {
        logger.warn({ err: error }, 'what-ifs cannot be asked for; trying again')
        return null
      })
      if (held) await runOne(held, worker, logger, stopping.signal)
      else await pause()
    }
  }
  const running = loop()
  return async () => {
    stopping.abort(new Error('The process is stopping.'))
    await running
  }
}

async function runOne(held: HeldReplay, worker: string, logger: Logger, signal: AbortSignal): Promise<void> {
  const log = logger.child({ replay: held.id, org: held.orgId, app: held.appId })
  log.info({ slices_done: held.slicesDone }, 'a what-if begins')
  try {
    const tools = { worker, postgres: postgres(), clickhouse: clickhouse(), now: systemClock.now, signal }
    log.info(await runReplay(held, tools), 'a what-if has ended')
  } catch (error) {
    if (error instanceof LostReplay || signal.aborted) log.info({ reason: String(error) }, 'a what-if was interrupted')
    else log.error({ err: error }, 'a what-if failed')
  }
}

/** Removes the rows of what-ifs that were discarded, cancelled, failed, or not kept for 30 days. */
export async function clearReplays(store: ClickHouseClient = clickhouse()): Promise<void> {
  for (const { orgId, appId, id, snapshotId } of await replaysToClear(KEPT_DAYS)) {
    const params = { org: orgId, app: appId }
    const ofReplay = 'org_id = {org:String} and app_id = {app:String} and replay_id = {replay:String}'
    await deleteRows(store, 'replay_decisions', ofReplay, { ...params, replay: id })
    if (snapshotId) await deleteRows(store, 'replay_installs', OF_SNAPSHOT, { ...params, snapshot: snapshotId })
    await noteCleared({ id, orgId })
  }
}
