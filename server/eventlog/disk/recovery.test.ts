import { existsSync } from 'node:fs'
import { cp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FRAME_HEAD, positionOf, SEGMENT_HEAD } from './format.ts'
import { openDiskLogReader, type SegmentDamage } from './reader.ts'
import { listSegments, segmentPath } from './segments.ts'
import { frameOf, linesOf, quiet, readAll, scratchDir } from './testing/log.ts'
import { openDiskLogWriter } from './writer.ts'

let scratch: ReturnType<typeof scratchDir>
beforeEach(() => {
  scratch = scratchDir()
})
afterEach(() => scratch.drop())

async function write(dir: string, ...texts: string[]): Promise<void> {
  const writer = await openDiskLogWriter({ dir, logger: quiet })
  for (const text of texts) await writer.append([frameOf(text)])
  await writer.close()
}

async function read(dir: string, damages: SegmentDamage[] = []) {
  const reader = await openDiskLogReader({
    dir,
    logger: quiet,
    settleMs: 0,
    onDamage: (damage) => damages.push(damage),
  })
  const lines = linesOf(await readAll(reader))
  await reader.close()
  return lines
}

describe('a log whose writer was killed', () => {
  it('loses only the torn frame, wherever in its last frame it was cut', async () => {
    const dir = join(scratch.dir, 'whole')
    await write(dir, 'one', 'two', 'three')
    const whole = await stat(segmentPath(dir, 1))
    const lastFrame = FRAME_HEAD + 'three\n'.length
    for (let cut = 1; cut <= lastFrame; cut += 1) {
      const copy = join(scratch.dir, `cut-${cut}`)
      await cp(dir, copy, { recursive: true })
      await truncate(segmentPath(copy, 1), whole.size - cut)
      const damages: SegmentDamage[] = []
      expect(await read(copy, damages)).toEqual(['one', 'two'])
      expect(damages).toEqual([])
      await write(copy, 'four')
      expect(await read(copy, damages)).toEqual(['one', 'two', 'four'])
      expect(damages).toEqual([])
      expect((await stat(segmentPath(copy, 1))).size).toBe(whole.size - lastFrame)
    }
  })

  it('keeps a copy of a last frame that is damaged and not torn, and says so, whichever byte it is', async () => {
    const dir = join(scratch.dir, 'whole')
    await write(dir, 'one', 'two')
    const sound = await readFile(segmentPath(dir, 1))
    const start = sound.length - FRAME_HEAD - 'two\n'.length
    for (let at = start; at < sound.length; at += 1) {
      const copy = join(scratch.dir, `byte-${at}`)
      await cp(dir, copy, { recursive: true })
      const flipped = Buffer.from(sound)
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at)
      await writeFile(segmentPath(copy, 1), flipped)
      await write(copy, 'three')
      const damages: SegmentDamage[] = []
      expect(await read(copy, damages), `byte ${at}`).toEqual(['one', 'three'])
      expect(damages).toHaveLength(1)
      expect(damages[0]).toMatchObject({ segment: 1, offset: start, length: sound.length - start })
      expect(await readFile(damages[0]?.file ?? '')).toEqual(flipped.subarray(start))
    }
  })

  it('cuts off an unfinished frame behind a damaged one, which stays for the reader', async () => {
    const { dir } = scratch
    await write(dir, 'one', 'two', 'three')
    const bytes = await readFile(segmentPath(dir, 1))
    const last = FRAME_HEAD + 'three\n'.length
    bytes.writeUInt8(bytes.readUInt8(bytes.length - last - 2) ^ 1, bytes.length - last - 2)
    await writeFile(segmentPath(dir, 1), bytes.subarray(0, bytes.length - 3))
    await write(dir, 'four')
    const damages: SegmentDamage[] = []
    expect(await read(dir, damages)).toEqual(['one', 'four'])
    expect(damages).toMatchObject([{ reason: 'bad_payload', length: FRAME_HEAD + 'two\n'.length }])
    expect((await stat(segmentPath(dir, 1))).size).toBe(bytes.length - last)
  })

  it('cuts off zeros that a power failure left behind the last frame', async () => {
    const { dir } = scratch
    await write(dir, 'one')
    const { size } = await stat(segmentPath(dir, 1))
    await truncate(segmentPath(dir, 1), size + 4096)
    await write(dir, 'two')
    expect((await stat(segmentPath(dir, 1))).size).toBe(size)
    expect(await read(dir)).toEqual(['one', 'two'])
  })
})

describe('a damaged log', () => {
  it('passes a damaged first frame of the segment that is being written, also for a reader at the end of the one before', async () => {
    const { dir } = scratch
    const writer = await openDiskLogWriter({ dir, logger: quiet, segmentBytes: 500 })
    for (const text of ['one'.repeat(200), 'two', 'three']) await writer.append([frameOf(text)])
    expect(listSegments(dir)).toEqual([1, 2])
    const path = segmentPath(dir, 2)
    const end = positionOf(1, (await stat(segmentPath(dir, 1))).size)
    const bytes = await readFile(path)
    bytes.writeUInt8(bytes.readUInt8(SEGMENT_HEAD + FRAME_HEAD) ^ 1, SEGMENT_HEAD + FRAME_HEAD)
    await writeFile(path, bytes)
    const reader = await openDiskLogReader({ dir, logger: quiet, settleMs: 30 })
    await expect.poll(async () => linesOf(await reader.read(end, 1 << 20)), { timeout: 2_000 }).toEqual(['three'])
    await Promise.all([reader.close(), writer.close()])
  })

  it('quarantines the one frame with a flipped bit, whichever bit it is, and reads every other', async () => {
    const { dir } = scratch
    await write(dir, 'one', 'two', 'three')
    await write(dir, 'four')
    const path = segmentPath(dir, 1)
    const sound = await readFile(path)
    const start = SEGMENT_HEAD + FRAME_HEAD + 'one\n'.length
    const end = start + FRAME_HEAD + 'two\n'.length
    for (let at = start; at < end; at += 1) {
      const flipped = Buffer.from(sound)
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at)
      await writeFile(path, flipped)
      const damages: SegmentDamage[] = []
      expect(await read(dir, damages), `byte ${at}`).toEqual(['one', 'three', 'four'])
      expect(damages).toHaveLength(1)
      expect(damages[0]).toMatchObject({ segment: 1, offset: start, length: end - start })
      expect(await readFile(damages[0]?.file ?? '')).toEqual(flipped.subarray(start, end))
    }
  })

  it.each([
    [1, ['b', 'c', 'd']],
    [2, ['a', 'c', 'd']],
    [3, ['a', 'b', 'd']],
  ])('says that segment %i is gone that was never loaded, and reads every other', async (gone, rest) => {
    const { dir } = scratch
    for (const text of ['a', 'b', 'c', 'd']) await write(dir, text)
    await rm(segmentPath(dir, gone))
    const damages: SegmentDamage[] = []
    expect(await read(dir, damages)).toEqual(rest)
    expect(damages).toMatchObject([{ reason: 'expired', segment: gone, length: 0 }])
    expect(existsSync(damages[0]?.file ?? '')).toBe(true)
  })

  it('says nothing of segments that went after they were loaded, nor where an empty store begins behind them', async () => {
    const { dir } = scratch
    for (const text of ['a', 'b', 'c', 'd']) await write(dir, text)
    const damages: SegmentDamage[] = []
    const options = { dir, logger: quiet, onDamage: (damage: SegmentDamage) => damages.push(damage) }
    const loader = await openDiskLogReader({ ...options, keepShare: 0 })
    const other = await openDiskLogReader(options)
    const frames = await readAll(loader)
    expect(linesOf(await other.read(0n, 1))).toEqual(['a'])
    await loader.release(frames[2]?.position ?? 0n)
    expect(linesOf(await readAll(other, frames[0]?.next))).toEqual(['c', 'd'])
    await loader.release(0n)
    expect(linesOf(await readAll(loader))).toEqual(['c', 'd'])
    expect(damages).toEqual([])
    // A store that was put back to a time before: it had loaded less.
    expect(linesOf(await readAll(loader, frames[0]?.next))).toEqual(['c', 'd'])
    expect(damages).toMatchObject([{ reason: 'expired', segment: 1 }])
    await Promise.all([loader.close(), other.close()])
  })

  it('reports the same damage once, however often the reader comes by', async () => {
    const { dir } = scratch
    await write(dir, 'one', 'two')
    await write(dir, 'three')
    const bytes = await readFile(segmentPath(dir, 1))
    bytes.writeUInt8(0x20, bytes.length - 2)
    await writeFile(segmentPath(dir, 1), bytes)
    const damages: SegmentDamage[] = []
    const reader = await openDiskLogReader({ dir, logger: quiet, onDamage: (damage) => damages.push(damage) })
    for (let i = 0; i < 3; i += 1) expect(linesOf(await readAll(reader))).toEqual(['one', 'three'])
    expect(damages).toHaveLength(1)
    await reader.close()
  })

  it('waits for a frame whose bytes are still arriving', async () => {
    const { dir } = scratch
    await write(dir, 'one', 'two')
    const path = segmentPath(dir, 1)
    const bytes = await readFile(path)
    await writeFile(path, bytes.subarray(0, bytes.length - 3))
    const damages: SegmentDamage[] = []
    const reader = await openDiskLogReader({
      dir,
      logger: quiet,
      settleMs: 0,
      onDamage: (damage) => damages.push(damage),
    })
    const first = await readAll(reader)
    expect(linesOf(first)).toEqual(['one'])
    const from = first.at(-1)?.next ?? 0n
    expect(await reader.read(from, 1000)).toEqual([])
    await writeFile(path, bytes)
    expect(linesOf(await reader.read(from, 1000))).toEqual(['two'])
    expect(damages).toEqual([])
    await reader.close()
  })
})
