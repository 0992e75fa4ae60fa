import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { EventLogReader, Frame } from '#server/eventlog/index.ts'
import { type BatchBounds, type CollectWatch, collectFrames } from './collect.ts'

/** A log in memory: frame i stands at position 10 × i. */
function openLog(rows: readonly number[]) {
  const frames: Frame[] = []
  const append = (count: number) => {
    const position = BigInt(frames.length * 10)
    const frame = { position, next: position + 10n, rows: count, appendedAt: Date.now(), payload: Buffer.alloc(count) }
    frames.push({ ...frame, kind: 'event', encoding: 'ndjson' })
  }
  rows.forEach(append)
  const after = (from: bigint) => frames.filter(({ position }) => position >= from)
  const log: EventLogReader = {
    logId: 'log',
    read: async (from) => after(from),
    bytesAfter: async (from) => after(from).reduce((sum, { payload }) => sum + payload.length, 0),
    waitForMore: async () => {
      await sleep(5)
    },
    release: async () => {},
    close: async () => {},
  }
  return { log, append }
}
const bounds: BatchBounds = { lingerMs: 60, maxLingerMs: 600, maxBatchBytes: 1_000_000, maxBatchRows: 1_000 }
const watch: CollectWatch = { stopped: () => false, busy: () => false, patience: () => 1, began: () => {} }
const positions = (frames: readonly Frame[]) => frames.map(({ position }) => Number(position))

describe('collecting a batch', () => {
  it('ends at once when it is full', async () => {
    const { log } = openLog([600, 600, 600])
    const forever = { ...bounds, lingerMs: 1e9, maxLingerMs: 1e9 }
    expect(positions(await collectFrames(log, 0n, undefined, forever, watch))).toEqual([0, 10])
  })

  it('waits a moment for more when it is small', async () => {
    const { log, append } = openLog([1])
    setTimeout(() => append(1), 20)
    expect(positions(await collectFrames(log, 0n, undefined, bounds, watch))).toEqual([0, 10])
  })

  it('waits longer when many rows come, and when it is told to be patient', async () => {
    const large = { ...bounds, maxBatchRows: 100_000 }
    const timed = async (rows: number, patience: number) => {
      const started = performance.now()
      await collectFrames(openLog([rows]).log, 0n, undefined, large, { ...watch, patience: () => patience })
      return performance.now() - started
    }
    const [few, many, patient] = [await timed(1, 1), await timed(20_000, 1), await timed(1, 5)]
    expect(few).toBeLessThan(many)
    expect(many).toBeGreaterThan(500)
    expect(patient).toBeGreaterThan(280)
  })

  it('grows while the batch before it is still being loaded', async () => {
    const { log, append } = openLog([1])
    let busy = true
    setTimeout(() => append(1), 150)
    setTimeout(() => {
      busy = false
    }, 250)
    expect(positions(await collectFrames(log, 0n, undefined, bounds, { ...watch, busy: () => busy }))).toEqual([0, 10])
  })

  it('takes a stretch that was begun exactly, however full it is, and waits for all of it', async () => {
    const { log, append } = openLog([900, 900])
    setTimeout(() => append(900), 100)
    setTimeout(() => append(900), 120)
    const frames = await collectFrames(log, 0n, { from: 0n, next: 30n }, bounds, { ...watch, busy: () => true })
    expect(positions(frames)).toEqual([0, 10, 20])
  })

  it('goes by its own bounds when the next frame is not the first one of the stretch', async () => {
    const { log } = openLog([600, 600, 600, 600])
    expect(positions(await collectFrames(log, 0n, { from: 10n, next: 40n }, bounds, watch))).toEqual([0, 10])
  })

  it('comes back with nothing when the log is at its end, and when it is told to stop', async () => {
    const { log } = openLog([1])
    expect(await collectFrames(log, 10n, undefined, bounds, watch)).toEqual([])
    expect(await collectFrames(log, 0n, undefined, bounds, { ...watch, stopped: () => true })).toEqual([])
  })
})
