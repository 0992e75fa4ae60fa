import { open, readdir, stat } from 'node:fs/promises'
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

const lines = async (dir: string) => linesOf(await readAll(await openDiskLogReader({ dir, logger: quiet })))

describe('the disk log writer', () => {
  it('keeps the order of appends although many share one sync', async () => {
    const { dir } = scratch
    let syncs = 0
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      openFile: async (path) => {
        const file = await open(path, 'wx')
        const datasync = file.datasync.bind(file)
        return Object.assign(file, {
          datasync: () => {
            syncs += 1
            return datasync()
          },
        })
      },
    })
    const texts = Array.from({ length: 500 }, (_, i) => `line-${i}`)
    const order: string[] = []
    await Promise.all(texts.map((text) => writer.append([frameOf(text)]).then(() => order.push(text))))
    await writer.close()
    expect(await lines(dir)).toEqual(texts)
    expect(order).toEqual(texts)
    expect(syncs).toBeLessThan(50)
  })

  it('resolves only after the sync', async () => {
    const { dir } = scratch
    let letSync: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      letSync = resolve
    })
    let headSynced = false
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      openFile: async (path) => {
        const file = await open(path, 'wx')
        const datasync = file.datasync.bind(file)
        return Object.assign(file, {
          datasync: async () => {
            if (headSynced) await gate
            headSynced = true
            await datasync()
          },
        })
      },
    })
    let resolved = false
    const append = writer.append([frameOf('a')]).then(() => {
      resolved = true
    })
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(resolved).toBe(false)
    letSync()
    await append
    expect(resolved).toBe(true)
    await writer.close()
  })

  it('refuses with 503 and stores nothing while the disk has too little free space', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet, minFreeBytes: Number.MAX_SAFE_INTEGER })
    await expect(writer.append([frameOf('a')])).rejects.toMatchObject({
      code: 'unavailable',
      retryAfter: 5,
      status: 503,
    })
    await writer.close()
    expect(await lines(dir)).toEqual([])
  })

  it('cuts off what a full disk took only in part, and goes on in a new segment', async () => {
    const { dir } = scratch
    let full = false
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      openFile: async (path) => {
        const file = await open(path, 'wx')
        const writev = file.writev.bind(file)
        return Object.assign(file, {
          writev: async (buffers: Buffer[], position: number) => {
            if (!full) return writev(buffers, position)
            await writev([Buffer.concat(buffers).subarray(0, 20)], position)
            throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
          },
        })
      },
    })
    await writer.append([frameOf('before')])
    const size = (await stat(segmentPath(dir, 1))).size
    full = true
    await expect(writer.append([frameOf('lost')])).rejects.toMatchObject({ code: 'unavailable' })
    expect((await stat(segmentPath(dir, 1))).size).toBe(size)
    full = false
    await writer.append([frameOf('after')])
    await writer.close()
    expect(await lines(dir)).toEqual(['before', 'after'])
    expect(listSegments(dir)).toEqual([1, 2])
  })

  it('writes everything when the system takes a write in small pieces', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      openFile: async (path) => {
        const file = await open(path, 'wx')
        const writev = file.writev.bind(file)
        return Object.assign(file, {
          writev: (buffers: Buffer[], position: number) => writev([Buffer.concat(buffers).subarray(0, 7)], position),
        })
      },
    })
    const big = 'x'.repeat(300)
    await writer.append([frameOf(big), frameOf('b', 'c')])
    await writer.close()
    expect(await lines(dir)).toEqual([big, 'b', 'c'])
  })

  it('begins a new segment by size, by age and at every opening, and never reuses a position', async () => {
    const { dir } = scratch
    let now = 1_000
    const options = { dir, logger: quiet, segmentBytes: 100, segmentMs: 5_000, uptime: () => now }
    const first = await openDiskLogWriter(options)
    await first.append([frameOf('x'.repeat(100))])
    await first.append([frameOf('by size')])
    now += 5_000
    await first.append([frameOf('by age')])
    await first.close()
    const second = await openDiskLogWriter(options)
    await second.append([frameOf('by opening')])
    await second.close()
    expect(listSegments(dir)).toEqual([1, 2, 3, 4])
    const frames = await readAll(await openDiskLogReader({ dir, logger: quiet }))
    const positions = frames.map((frame) => frame.position)
    expect([...positions].sort((a, b) => (a < b ? -1 : 1))).toEqual(positions)
    expect(new Set(positions).size).toBe(4)
  })

  it('uses every segment number, also when the disk took a file only at the second try', async () => {
    const { dir } = scratch
    let fails = 0
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      segmentBytes: 1,
      openFile: async (path) => {
        const file = await open(path, 'wx')
        if (fails === 0) return file
        fails -= 1
        return Object.assign(file, { datasync: () => Promise.reject(new Error('a disk that fails')) })
      },
    })
    await writer.append([frameOf('a')])
    fails = 1
    await expect(writer.append([frameOf('refused')])).rejects.toMatchObject({ code: 'unavailable' })
    await writer.append([frameOf('b')])
    await writer.close()
    expect(listSegments(dir)).toEqual([1, 2])
    expect((await readdir(dir)).filter((name) => name.endsWith('.new'))).toEqual([])
    expect(await lines(dir)).toEqual(['a', 'b'])
  })

  it('looks at the free space and at the age of a segment although the clock was put back', async () => {
    const { dir } = scratch
    let now = Date.now()
    let uptime = 0
    let free = 1_000_000
    const writer = await openDiskLogWriter({
      dir,
      logger: quiet,
      minFreeBytes: 1_000,
      segmentMs: 60_000,
      space: async () => ({ free, total: 1_000_000 }),
      now: () => now,
      uptime: () => uptime,
    })
    await writer.append([frameOf('a')])
    now -= 3_600_000
    uptime += 60_000
    await writer.append([frameOf('b')])
    expect(listSegments(dir)).toEqual([1, 2])
    uptime += 2_000
    free = 0
    await expect(writer.append([frameOf('c')])).rejects.toMatchObject({ code: 'unavailable' })
    await writer.close()
  })

  it('lets only one writer into a folder, and another one after it has closed', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    await expect(openDiskLogWriter({ dir, logger: quiet })).rejects.toThrow(/is held by process \d+/)
    await writer.close()
    await expect(writer.append([frameOf('late')])).rejects.toMatchObject({ code: 'unavailable' })
    await (await openDiskLogWriter({ dir, logger: quiet })).close()
    expect((await readdir(dir)).filter((name) => name.includes('lock'))).toEqual([])
  })

  it('refuses rather than fills memory when the disk does not keep up', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet, maxPendingBytes: 200 })
    const first = writer.append([frameOf('x'.repeat(100))])
    await expect(writer.append([frameOf('x'.repeat(100))])).rejects.toMatchObject({ code: 'unavailable' })
    await first
    await writer.append([frameOf('again')])
    await writer.close()
    expect(await lines(dir)).toEqual(['x'.repeat(100), 'again'])
  })
})
