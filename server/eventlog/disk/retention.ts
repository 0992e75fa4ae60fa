import { readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
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

/** How full a disk is, in bytes. */
export interface DiskSpace {
  free: number
  total: number
}
export type LookAtSpace = (dir: string) => Promise<DiskSpace>

/** What the system says of the disk that holds a folder; `free` is what a process without privileges may use. */
export const diskSpace: LookAtSpace = async (dir) => {
  const { bavail, blocks, bsize } = await statfs(dir)
  return { free: bavail * bsize, total: blocks * bsize }
}

const RELEASED = 'released'
const LOADED = 'loaded'

/** The highest segment number that was ever deleted; 0 when none was. Keeps numbers from being used twice. */
export async function releasedSegment(dir: string): Promise<number> {
  const text = await readFile(join(dir, RELEASED), 'utf8').catch(() => '0')
  return Number(text.trim()) || 0
}

/** The position up to which the loader has loaded, as it last told; 0 when it never did. */
export async function loadedPosition(dir: string): Promise<bigint> {
  const text = (await readFile(join(dir, LOADED), 'utf8').catch(() => '')).trim()
  return /^\d+$/.test(text) ? BigInt(text) : 0n
}

/**
 * Tells the writing process what is loaded: it deletes such segments itself when the disk is nearly full. Not synced,
 * because a crash that brings back an older position only makes it keep more.
 */
export async function saveLoadedPosition(dir: string, position: bigint): Promise<void> {
  const draft = join(dir, `${LOADED}.${process.pid}`)
  await writeFile(draft, `${position}\n`)
  await rename(draft, join(dir, LOADED))
}

/**
 * Deletes segments that stand wholly before a position and are older than the keep time, oldest first; earlier when the
 * log fills more than its share of the disk. The newest segment always stays.
 * @returns numbers of the deleted segments
 */
export async function deleteLoaded(dir: string, position: bigint, options: RetentionOptions): Promise<number[]> {
  const loaded = loadedSegments(dir, position)
  if (loaded.length === 0) return []
  const sizes = new Map<number, { size: number; mtimeMs: number }>()
  for (const segment of listSegments(dir)) {
    sizes.set(segment, await stat(segmentPath(dir, segment)).catch(() => ({ size: 0, mtimeMs: 0 })))
  }
  const { total: disk } = await diskSpace(dir)
  let total = [...sizes.values()].reduce((sum, file) => sum + file.size, 0)
  const gone: number[] = []
  for (const segment of loaded) {
    const file = sizes.get(segment)
    if (!file) continue
    const expired = options.now - file.mtimeMs >= options.keepMs
    if (!expired && total <= disk * options.keepShare) break
    gone.push(segment)
    total -= file.size
  }
  await remove(dir, gone)
  return gone
}

/**
 * Deletes loaded segments, oldest first and however young, until at least so many bytes are free again: what is loaded
 * gives way before anything new is refused.
 * @returns numbers of the deleted segments
 */
export async function evictLoaded(dir: string, position: bigint, bytes: number): Promise<number[]> {
  const gone: number[] = []
  let freed = 0
  for (const segment of loadedSegments(dir, position)) {
    if (freed >= bytes) break
    freed += (await stat(segmentPath(dir, segment)).catch(() => ({ size: 0 }))).size
    gone.push(segment)
  }
  await remove(dir, gone)
  return gone
}

function loadedSegments(dir: string, position: bigint): number[] {
  const { segment: current } = placeOf(position)
  const all = listSegments(dir)
  const newest = all.at(-1) ?? 0
  return all.filter((segment) => segment < current && segment < newest)
}

async function remove(dir: string, segments: readonly number[]): Promise<void> {
  const highest = segments.at(-1)
  if (highest === undefined) return
  // Not on a disk without a byte left: the newest segment stays, and a number below it is never used again anyway.
  await writeFile(join(dir, RELEASED), `${highest}\n`, { flush: true }).catch(() => undefined)
  for (const segment of segments) await rm(segmentPath(dir, segment), { force: true })
  await syncDir(dir)
}
