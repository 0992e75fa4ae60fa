import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#server/platform/logger.ts'
import type { LogPlaces } from '../places.ts'
import { positionOf } from './format.ts'
import { acquireDirLock, type DirLock, DirLockedError } from './lock.ts'
import { openDiskLogReader } from './reader.ts'
import { loadedPosition, saveLoadedPosition } from './retention.ts'
import { listSegments, segmentPath } from './segments.ts'

/**
 * Looks into the disk log of a folder; holds the loader's lock, so that none begins meanwhile.
 * @throws Error when there is no log
 */
export async function diskPlaces(dir: string, logger: Logger): Promise<LogPlaces> {
  if (!existsSync(join(dir, 'log-id'))) {
    throw new Error(`There is no event log in ${dir}. Set DATA_DIR to the folder of the collector whose log it is.`)
  }
  const reader = await openDiskLogReader({ dir, logger })
  let lock: DirLock | undefined
  return {
    async busy() {
      try {
        lock ??= await acquireDirLock(join(dir, 'loader.lock'))
        return undefined
      } catch (error) {
        if (error instanceof DirLockedError) return error.message
        throw error
      }
    },
    async at(at) {
      const segments = listSegments(dir)
      const last = segments.at(-1) ?? 0
      const end = positionOf(last, last === 0 ? 0 : (await stat(segmentPath(dir, last))).size)
      // By the time of its last write: in a segment that was written to since, the first frames may be older, and loading
      // those again changes nothing.
      let from = end
      for (const segment of segments.toReversed()) {
        if ((await stat(segmentPath(dir, segment))).mtimeMs < at) break
        from = positionOf(segment, 0)
      }
      const [oldest] = await reader.read(0n, 1)
      return [{ logId: reader.logId, from, end, oldestAt: oldest?.appendedAt }]
    },
    async hold(_logId, position) {
      if ((await loadedPosition(dir)) > position) await saveLoadedPosition(dir, position)
    },
    async close() {
      await reader.close()
      lock?.release()
    },
  }
}
