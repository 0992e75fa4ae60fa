import { z } from 'zod'
import { type LogPlaces, openLogPlaces } from '#server/eventlog/index.ts'
import { env } from '#server/platform/env.ts'
import { createLogger } from '#server/platform/logger.ts'
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

const textOf = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString())

async function status(): Promise<{ log: string; logs: LogStatus[] }> {
  return withPlaces(async (places) => {
    const logs: LogStatus[] = []
    for (const { logId, end, oldestAt } of await places.at(Date.now())) {
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
 * Sets every log back to a moment.
 * @param at Unix milliseconds
 * @returns the logs that are loaded again from there, and whether the log still held everything since that moment
 * @throws Error while a loader or the attributor runs
 */
async function replay(product: Product, at: number): Promise<{ replayed: string[]; from: string; complete: boolean }> {
  const signal = AbortSignal.timeout(ATTRIBUTOR_MS)
  const stop = 'Stop the loaders and the attributor (the collectors may go on), and run this again.'
  return withPlaces(async (places) => {
    const busy = await places.busy()
    if (busy !== undefined) throw new Error(`A loader runs. ${busy} ${stop}`)
    const attributor = await becomeOnlyAttributor(product.connections.DATABASE_URL, signal).catch((error: unknown) => {
      throw signal.aborted ? new Error(`The attributor runs. ${stop}`) : error
    })
    try {
      const replayed: string[] = []
      let complete = true
      for (const { logId, from, oldestAt } of await places.at(at)) {
        // The log began after the moment, or has lost its beginning: which of the two nobody can tell from here.
        if (oldestAt !== undefined && oldestAt > at) complete = false
        await places.hold(logId, from)
        if (await replayFrom(clickhouse(), logId, from)) replayed.push(logId)
      }
      if (!complete)
        say('The log does not reach back to that moment: what is older than its first frame stays as it is.')
      say('Start the loaders and the attributor again. When they have caught up, compare the rollups: rollups verify')
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
