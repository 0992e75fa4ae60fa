import { z } from 'zod'
import { type LogPlaces, openLogPlaces } from '#server/eventlog/index.ts'
import { env } from '#server/platform/env.ts'
import { createLogger } from '#server/platform/logger.ts'
import { requestRebuild } from '#server/stores/clickhouse/rollups.ts'
import { clickhouse } from '#server/stores/index.ts'
import { becomeOnlyAttributor } from '#workers/attributor/lock.ts'
import { loadedPosition, replayFrom } from '#workers/loader/replay.ts'
import { type Command, define } from './define.ts'
import { type Product, say } from './product.ts'

/** How long the attributor's lock is waited for, in milliseconds: it looks twice a second. */
const ATTRIBUTOR_MS = 1_500

const moment = z.iso.datetime({ offset: true, error: 'is no moment; write it as 2026-01-31T08:00:00Z' })

/** What a log holds and how much of it is loaded; moments in UTC. */
export interface LogStatus {
  logId: string
  /** The oldest that can still be loaded again. */
  oldestAt: string | null
  end: string
  loadedTo: string
  loaded: boolean
}

async function withPlaces<T>(work: (places: LogPlaces) => Promise<T>): Promise<T> {
  const places = await openLogPlaces(env(), createLogger('admin', 'warn'))
  try {
    return await work(places)
  } finally {
    await places.close()
  }
}

const DAY_MS = 86_400_000
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
const textOf = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString())

async function status(): Promise<{ log: string; logs: LogStatus[] }> {
  return withPlaces(async (places) => {
    const logs: LogStatus[] = []
    for (const { logId, end, oldestAt } of await places.at(Date.now(), (log) => loadedPosition(clickhouse(), log))) {
      const loaded = ((await loadedPosition(clickhouse(), logId)) ?? -1n) + 1n
      logs.push({
        logId,
        oldestAt: textOf(oldestAt),
        end: String(end),
        loadedTo: String(loaded),
        loaded: loaded >= end || oldestAt === undefined,
      })
    }
    return { log: env().EVENT_LOG, logs }
  })
}

/**
 * Sets every log back to a moment, and asks for the rollup of the days since to be compared: it still counts the rows that
 * the store lost, and their repetition would count them again.
 * @param at Unix milliseconds
 * @returns the logs that are loaded again from there, and whether the log still held everything since that moment
 * @throws Error while a loader or the attributor runs
 */
async function replay(product: Product, at: number): Promise<{ replayed: string[]; from: string; complete: boolean }> {
  const stop = 'Stop the loaders and the attributor (the collectors may go on), and run this again.'
  return withPlaces(async (places) => {
    const busy = await places.busy()
    if (busy !== undefined) throw new Error(`A loader runs. ${busy} ${stop}`)
    const signal = AbortSignal.timeout(ATTRIBUTOR_MS)
    const attributor = await becomeOnlyAttributor(product.connections.DATABASE_URL, signal).catch((error: unknown) => {
      throw signal.aborted ? new Error(`The attributor runs. ${stop}`) : error
    })
    try {
      const replayed: string[] = []
      let complete = true
      const logs = await places.at(at)
      const since = Math.min(Date.now(), ...logs.map(({ oldestAt }) => Math.max(at, oldestAt ?? Date.now())))
      // First, because the comparison is right whenever it is made, and a replay that is broken off must have it too.
      await requestRebuild(clickhouse(), { since: dayOf(since - DAY_MS), until: dayOf(Date.now() + 2 * DAY_MS) })
      for (const { logId, from, oldestAt } of logs) {
        // The log began after the moment, or has lost its beginning: which of the two nobody can tell from here.
        if (oldestAt !== undefined && oldestAt > at) complete = false
        await places.hold(logId, from)
        if (oldestAt !== undefined && (await replayFrom(clickhouse(), logId, from))) replayed.push(logId)
      }
      if (!complete)
        say('The log does not reach back to that moment: what is older than its first frame stays as it is.')
      say('Start the loaders and the attributor again. The loaders compare the rollup with what they loaded, too.')
      return { replayed, from: new Date(at).toISOString(), complete }
    } finally {
      await attributor.release()
    }
  })
}

/** `log status` and `log replay`. */
export const eventLogCommands: readonly Command[] = [
  define('log status', '', {}, status),
  define('log replay', '--from MOMENT  (such as 2026-01-31T08:00:00Z)', { from: moment }, (product, { from }) =>
    replay(product, Date.parse(from)),
  ),
]
