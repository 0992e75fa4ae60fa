import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { encodeSegmentHead, SEGMENT_HEAD } from './format.ts'
import { segmentPath, syncDir } from './segments.ts'

/** What a segment needs of a file. */
export type SegmentFile = Pick<FileHandle, 'writev' | 'datasync' | 'truncate' | 'close'>
/** Creates a file that must not exist yet. */
export type OpenSegmentFile = (path: string) => Promise<SegmentFile>

/** The segment that is being written. */
export interface OpenSegment {
  /** Bytes that are durable. */
  readonly size: number
  /** As it was given. */
  readonly createdAt: number
  /** Writes and syncs; when that fails, cuts the file back to what was durable before, and throws. */
  append(buffers: Buffer[], bytes: number): Promise<void>
  close(): Promise<void>
}

/** Where the system can make a write return only when it is durable: one call instead of two, each of which waits its turn. */
const SYNC_ON_WRITE = process.platform === 'linux' ? constants.O_DSYNC : 0

async function openDurably(path: string): Promise<SegmentFile> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | SYNC_ON_WRITE)
  if (SYNC_ON_WRITE === 0) return file
  return {
    writev: (buffers, position) => file.writev(buffers, position),
    datasync: async () => undefined,
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
  }
}

/** Below this it is cheaper to copy many small buffers into one than to hand the list to the system. */
const COPY_BELOW = 1024 * 1024

/**
 * Creates a segment's file with its head, durably: the file and its name in the folder.
 * @param createdAt milliseconds of the caller's clock
 * @throws the system's error; the number may be used again unless its file is there, which a reader may have opened
 */
export async function createSegment(
  dir: string,
  segment: number,
  createdAt: number,
  openFile: OpenSegmentFile = openDurably,
): Promise<OpenSegment> {
  const path = segmentPath(dir, segment)
  const draft = `${path}.new`
  await rm(draft, { force: true })
  const file = await openFile(draft)
  try {
    await writeAll(file, [encodeSegmentHead(segment)], 0)
    await file.datasync()
    await rename(draft, path)
    await syncDir(dir)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
  let size = SEGMENT_HEAD
  return {
    get size() {
      return size
    },
    createdAt,
    async append(buffers, bytes) {
      try {
        await writeAll(file, bytes < COPY_BELOW ? [Buffer.concat(buffers, bytes)] : buffers, size)
        await file.datasync()
      } catch (error) {
        await file.truncate(size).catch(() => undefined)
        throw error
      }
      size += bytes
    },
    close: () => file.close(),
  }
}

async function writeAll(file: SegmentFile, buffers: Buffer[], at: number): Promise<void> {
  let rest = buffers
  let position = at
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, position)
    if (bytesWritten === 0) throw Object.assign(new Error('The disk took no bytes.'), { code: 'ENOSPC' })
    position += bytesWritten
    rest = dropBytes(rest, bytesWritten)
  }
}

/** What is left of a list of buffers after its first `count` bytes: a write may take only a part. */
function dropBytes(buffers: Buffer[], count: number): Buffer[] {
  let left = count
  for (const [i, buffer] of buffers.entries()) {
    if (left < buffer.length) return [buffer.subarray(left), ...buffers.slice(i + 1)]
    left -= buffer.length
  }
  return []
}
