import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeFrameHead } from './format.ts'
import { acquireDirLock } from './lock.ts'
import { openDiskLogReader } from './reader.ts'
import { listSegments, segmentPath } from './segments.ts'
import { frameOf, linesOf, quiet, readAll, scratchDir } from './testing/log.ts'
import { openDiskLogWriter } from './writer.ts'

let scratch: ReturnType<typeof scratchDir>
beforeEach(() => {
  scratch = scratchDir()
})
afterEach(() => scratch.drop())

describe('the disk log reader', () => {
  it('follows a writer in another process without losing, repeating or reordering a line', async () => {
    const { dir } = scratch
    const child = fork(join(import.meta.dirname, 'testing/read-process.ts'), [dir])
    try {
      const got: string[] = []
      child.on('message', (lines) => got.push(...(lines as string[])))
      const writer = await openDiskLogWriter({ dir, logger: quiet, segmentBytes: 2_000 })
      const texts = Array.from({ length: 400 }, (_, i) => `line-${i}`)
      for (let i = 0; i < texts.length; i += 4) {
        await Promise.all(texts.slice(i, i + 4).map((text) => writer.append([frameOf(text)])))
      }
      await expect.poll(() => got.length, { timeout: 5_000 }).toBe(texts.length)
      expect(got).toEqual(texts)
      const started = performance.now()
      await writer.append([frameOf('last')])
      await expect.poll(() => got.at(-1), { timeout: 2_000, interval: 5 }).toBe('last')
      expect(performance.now() - started).toBeLessThan(500)
      await writer.close()
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })

  it('gives a frame that is larger than was asked for, and otherwise about what was asked for', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    for (let i = 0; i < 20; i += 1) await writer.append([frameOf('y'.repeat(1_000))])
    await writer.append([frameOf('z'.repeat(50_000))])
    await writer.close()
    const reader = await openDiskLogReader({ dir, logger: quiet })
    expect((await reader.read(0n, 5_000)).length).toBe(4)
    const all = await readAll(reader, 0n, 5_000)
    expect(all).toHaveLength(21)
    expect(await reader.bytesAfter(all[19]?.next ?? 0n)).toBe(50_037)
    expect(await reader.bytesAfter(all[20]?.next ?? 0n)).toBe(0)
    await reader.close()
  })

  it('uses memory again after a read that failed', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    await writer.append([frameOf('a'.repeat(300_000))])
    await writer.close()
    const reader = await openDiskLogReader({ dir, logger: quiet })
    await reader.release(0n)
    const [first] = await reader.read(0n, 1 << 20)
    const next = first?.next ?? 0n
    const file = segmentPath(dir, listSegments(dir)[0] ?? 0)
    const { size } = await stat(file)
    const head = encodeFrameHead(frameOf(''), 0)
    head.writeUInt8(9, 9)
    head.writeUInt32LE(crc32(head.subarray(0, 28)), 28)
    await appendFile(file, Buffer.concat([head, Buffer.alloc(300_000)]))
    await expect(reader.read(next, 1 << 20)).rejects.toThrow('newer version')
    await truncate(file, size)
    const second = frameOf('b'.repeat(300_000))
    await appendFile(file, Buffer.concat([encodeFrameHead(second, 0), second.payload]))
    await reader.release(next)
    const [again] = await reader.read(next, 1 << 20)
    expect(again?.payload.equals(second.payload)).toBe(true)
    expect(again?.payload.buffer).toBe(first?.payload.buffer)
    await reader.close()
  })

  it('wakes at once for what is there, and after the time-out for nothing', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    const reader = await openDiskLogReader({ dir, logger: quiet })
    const started = performance.now()
    await reader.waitForMore(0n, 60)
    expect(performance.now() - started).toBeGreaterThanOrEqual(55)
    const waiting = reader.waitForMore(0n, 5_000)
    await writer.append([frameOf('a')])
    await waiting
    expect(linesOf(await reader.read(0n, 1_000))).toEqual(['a'])
    await Promise.all([reader.close(), writer.close()])
  })

  it('deletes loaded segments after the keep time, never unloaded ones nor the newest, and numbers go on from there', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet, segmentBytes: 1 })
    for (const text of ['a', 'b', 'c', 'd']) await writer.append([frameOf(text)])
    await writer.close()
    const reader = await openDiskLogReader({ dir, logger: quiet, keepMs: 60_000, keepShare: 1 })
    const frames = await readAll(reader)
    const third = frames[2]?.position ?? 0n
    await reader.release(third)
    expect(listSegments(dir)).toEqual([1, 2, 3, 4])
    const old = new Date(Date.now() - 61_000)
    for (const segment of listSegments(dir)) await utimes(segmentPath(dir, segment), old, old)
    await reader.release(third)
    expect(listSegments(dir)).toEqual([3, 4])
    expect(linesOf(await readAll(reader))).toEqual(['c', 'd'])
    await reader.release(frames[3]?.next ?? 0n)
    expect(listSegments(dir)).toEqual([4])
    await reader.close()
    const again = await openDiskLogWriter({ dir, logger: quiet })
    await again.append([frameOf('e')])
    await again.close()
    expect(listSegments(dir)).toEqual([4, 5])
  })

  it('deletes loaded segments early when the log fills more than its share of the disk', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet, segmentBytes: 1 })
    for (const text of ['a', 'b']) await writer.append([frameOf(text)])
    await writer.close()
    const reader = await openDiskLogReader({ dir, logger: quiet, keepShare: 0 })
    const frames = await readAll(reader)
    await reader.release(frames.at(-1)?.next ?? 0n)
    expect(listSegments(dir)).toEqual([2])
    await reader.close()
  })
})

describe('the folder lock', () => {
  it('is taken over from a process that was killed, and not from a living one', async () => {
    const file = join(scratch.dir, 'x.lock')
    const lock = await acquireDirLock(file)
    await expect(acquireDirLock(file, { waitMs: 30 })).rejects.toThrow(/held by process/)
    lock.release()
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
    const pid = child.pid
    await once(child, 'exit')
    await writeFile(file, JSON.stringify({ pid, host: hostname(), started: 'before' }))
    ;(await acquireDirLock(file)).release()
  })

  it('is taken over when another process has got the same pid since', async () => {
    const file = join(scratch.dir, 'x.lock')
    await writeFile(file, JSON.stringify({ pid: process.pid, host: hostname(), started: 'an earlier boot/1' }))
    ;(await acquireDirLock(file)).release()
  })

  it('is taken over from another host only after its silence', async () => {
    const file = join(scratch.dir, 'x.lock')
    await writeFile(file, JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }))
    await expect(acquireDirLock(file)).rejects.toThrow(/process 1 on elsewhere/)
    const old = new Date(Date.now() - 31_000)
    await utimes(file, old, old)
    ;(await acquireDirLock(file)).release()
  })
})
