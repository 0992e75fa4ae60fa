import { open, stat } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDiskLogReader } from './reader.ts'
import { listSegments, segmentPath } from './segments.ts'
import { frameOf, linesOf, quiet, readAll, scratchDir } from './testing/log.ts'
import { openDiskLogWriter } from './writer.ts'

let scratch: ReturnType<typeof scratchDir>
beforeEach(() => {
  scratch = scratchDir()
})
afterEach(() => scratch.drop())

/** Bytes that the log's segments take. */
async function used(dir: string): Promise<number> {
  let bytes = 0
  for (const segment of listSegments(dir)) bytes += (await stat(segmentPath(dir, segment))).size
  return bytes
}

/** A disk of a size that only the log fills: what is free follows from the segments. */
const diskOf = (total: number) => async (dir: string) => ({ total, free: total - (await used(dir)) })

describe('a log on a disk that fills up', () => {
  it('gives up loaded segments, oldest first, before anything is refused, and refuses before anything unloaded goes', async () => {
    const { dir } = scratch
    // Every append makes a segment of about 1,060 bytes; five fit beside the reserve.
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      segmentBytes: 1,
      minFreeBytes: 1_000,
      space: diskOf(6_500),
      uptime: advancing(),
    })
    for (const name of ['a', 'b', 'c', 'd']) await writer.append([frameOf(name.repeat(1_000))])
    const reader = await openDiskLogReader({ dir, logger: quiet, keepShare: 1 })
    const loaded = await readAll(reader)
    await reader.release(loaded[1]?.next ?? 0n)
    expect(listSegments(dir)).toEqual([1, 2, 3, 4])

    await writer.append([frameOf('e'.repeat(1_000))])
    await writer.append([frameOf('f'.repeat(1_000))])
    expect(listSegments(dir)).toEqual([2, 3, 4, 5, 6])
    await expect(writer.append([frameOf('g'.repeat(1_000))])).rejects.toMatchObject({ status: 503, retryAfter: 5 })
    expect(linesOf(await readAll(reader, loaded[1]?.next)).map((line) => line[0])).toEqual(['c', 'd', 'e', 'f'])

    await reader.release(loaded[3]?.next ?? 0n)
    await writer.append([frameOf('g'.repeat(1_000))])
    expect(linesOf(await readAll(reader, loaded[3]?.next)).map((line) => line[0])).toEqual(['e', 'f', 'g'])
    await Promise.all([reader.close(), writer.close()])
  })

  it('does the same when the system says that there is room and the write fails for want of it', async () => {
    const { dir } = scratch
    const quota = 3_200
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      segmentBytes: 1_100,
      openFile: async (path) => {
        const file = await open(path, 'wx')
        const writev = file.writev.bind(file)
        return Object.assign(file, {
          writev: async (buffers: Buffer[], position: number) => {
            const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
            if ((await used(dir)) + bytes > quota) throw Object.assign(new Error('quota'), { code: 'EDQUOT' })
            return writev(buffers, position)
          },
        })
      },
    })
    for (const name of ['a', 'b']) await writer.append([frameOf(name.repeat(1_400))])
    await expect(writer.append([frameOf('c'.repeat(1_400))])).rejects.toMatchObject({ code: 'unavailable' })
    const reader = await openDiskLogReader({ dir, logger: quiet, keepShare: 1 })
    const loaded = await readAll(reader)
    await reader.release(loaded.at(-1)?.next ?? 0n)
    await writer.append([frameOf('c'.repeat(1_400))])
    expect(linesOf(await readAll(reader, loaded.at(-1)?.next)).map((line) => line[0])).toEqual(['c'])
    await Promise.all([reader.close(), writer.close()])
  })

  it('keeps what a restored store has yet to load again, however long ago it was loaded once', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      segmentBytes: 1,
      minFreeBytes: 1_000,
      space: diskOf(4_500),
      uptime: advancing(),
    })
    for (const name of ['a', 'b', 'c']) await writer.append([frameOf(name.repeat(1_000))])
    const reader = await openDiskLogReader({ dir, logger: quiet, keepShare: 1 })
    const frames = await readAll(reader)
    await reader.release(frames.at(-1)?.next ?? 0n)
    await reader.close()
    const restored = await openDiskLogReader({ dir, logger: quiet, keepShare: 1 })
    await restored.release(0n)
    const [first] = await restored.read(0n, 1)
    await expect(writer.append([frameOf('d'.repeat(1_000))])).rejects.toMatchObject({ code: 'unavailable' })
    expect(linesOf(await readAll(restored, first?.next)).map((line) => line[0])).toEqual(['b', 'c'])
    await Promise.all([restored.close(), writer.close()])
  })
})

/** A clock that goes on by two seconds with every look, so that the free space is looked at each time. */
function advancing(): () => number {
  let now = 0
  return () => {
    now += 2_000
    return now
  }
}
