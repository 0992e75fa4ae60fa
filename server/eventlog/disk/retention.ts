import { readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { placeOf } from './format.ts'
import { listSegments, segmentPath, syncDir } from './segments.ts'

/** Which loaded segments stay a while, for looking into and for replays. */
export interface RetentionOptions {
  /** Milliseconds after its last write before a loaded segment is deleted. */
  keepMs: number
  /** Share of the disk (0–1) that the log may fill before loaded segments go earlier. */
  keepShare: number
  /** Unix milliseconds. */
  now: number
}

const RELEASED = 'released'

/** The highest segment number that was ever deleted; 0 when none was. Keeps numbers from being used twice. */
export async function releasedSegment(dir: string): Promise<number> {
  const text = await readFile(join(dir, RELEASED), 'utf8').catch(() => '0')
  return Number(text.trim()) || 0
}

/**
 * Deletes segments that stand wholly before a position and are older than the keep time, oldest first; earlier when the
 * log fills more than its share of the disk. The newest segment always stays.
 * @returns numbers of the deleted segments
 */
export async function deleteLoaded(dir: string, position: bigint, options: RetentionOptions): Promise<number[]> {
  const { segment: current } = placeOf(position)
  const all = listSegments(dir)
  const newest = all.at(-1) ?? 0
  const loaded = all.filter((segment) => segment < current && segment < newest)
  if (loaded.length === 0) return []
  const files = new Map<number, { size: number; mtimeMs: number }>()
  for (const segment of all) files.set(segment, await stat(segmentPath(dir, segment)))
  const { blocks, bsize } = await statfs(dir)
  let total = [...files.values()].reduce((sum, file) => sum + file.size, 0)
  const gone: number[] = []
  for (const segment of loaded) {
    const file = files.get(segment)
    if (!file) continue
    const expired = options.now - file.mtimeMs >= options.keepMs
    if (!expired && total <= blocks * bsize * options.keepShare) break
    gone.push(segment)
    total -= file.size
  }
  const highest = gone.at(-1)
  if (highest === undefined) return []
  await writeFile(join(dir, RELEASED), `${highest}\n`, { flush: true })
  for (const segment of gone) await rm(segmentPath(dir, segment), { force: true })
  await syncDir(dir)
  return gone
}
