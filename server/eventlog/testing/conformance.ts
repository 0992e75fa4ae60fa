import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packFrame, unpackRows } from '../packed/index.ts'
import {
  type DamageReport,
  type EventLogReader,
  type EventLogWriter,
  type Frame,
  type FrameInput,
  PACKED,
} from '../types.ts'
import { hashOf, linesFrame } from './lines.ts'

/** One kind of log, as the suite needs it. */
export interface LogUnderTest {
  openWriter(options?: { maxPendingBytes?: number }): Promise<EventLogWriter>
  /** A reader for every part of the log. */
  openReaders(onDamage?: (damage: DamageReport) => void): Promise<EventLogReader[]>
  /** Flips a bit of the stored bytes where a text stands. */
  flipBitOf(text: string): Promise<void>
  /** Makes the log unable to take anything; `restore` makes it able again. */
  breakDown(): Promise<{ restore(): Promise<void> }>
  /** Arguments for Node of a program that appends lines for ever and prints each number once it is acknowledged. */
  writerProcess(): string[]
  drop(): Promise<void>
}

/** A packed event frame: one row for each number, on a device. */
const eventsFrame = (device: number, ...numbers: number[]): FrameInput =>
  packFrame(
    numbers.map((n) => ({ app_id: 'app_1', event_id: `e${n}`, device_id: `d${device}` })),
    () => device,
  )

/** What a frame holds: the numbers of its lines, or the event ids of its rows. */
function idsOf(frame: Frame): string[] {
  if (frame.encoding === PACKED) return unpackRows(frame.payload, frame.rows).map((row) => String(row.event_id))
  return frame.payload
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => `n${(JSON.parse(line.slice(33)) as { n: number }).n}`)
}

async function readLog(reader: EventLogReader, from = 0n, maxBytes = 1 << 20): Promise<Frame[]> {
  const all: Frame[] = []
  for (let at = from; ; ) {
    const frames = await reader.read(at, maxBytes)
    const last = frames.at(-1)
    if (!last) return all
    all.push(...frames)
    at = last.next
  }
}

/** What every event log must do, whatever holds it. */
export function describeEventLog(name: string, open: () => Promise<LogUnderTest>): void {
  // Bounds for a machine that is busy with other things: a broker may be started again within one test.
  describe(`the event log on ${name}`, { timeout: 150_000 }, () => {
    let log: LogUnderTest
    const closing: { close(): Promise<void> }[] = []
    beforeEach(async () => {
      log = await open()
    })
    afterEach(async () => {
      for (const each of closing.splice(0)) await each.close()
      await log.drop()
    })
    const writer = async (options?: { maxPendingBytes?: number }) => {
      const opened = await log.openWriter(options)
      closing.unshift(opened)
      return opened
    }
    const readers = async (onDamage?: (damage: DamageReport) => void) => {
      const opened = await log.openReaders(onDamage)
      closing.unshift(...opened)
      return opened
    }
    const everything = async () => (await Promise.all((await readers()).map((reader) => readLog(reader)))).flat()
    const ids = async () => (await everything()).flatMap(idsOf).sort()

    it('brings back lines and packed rows as they were appended, each once', async () => {
      const appending = await writer()
      const numbers = Array.from({ length: 300 }, (_, i) => i)
      await appending.append([linesFrame(...numbers), eventsFrame(7, 1_000, 1_001), eventsFrame(8, 1_002)])
      await appending.append([eventsFrame(9, 1_003), { kind: 'rejected', rows: 0, payload: Buffer.alloc(0) }])
      const frames = await everything()
      expect(frames.flatMap(idsOf).sort()).toEqual(
        [...numbers.map((n) => `n${n}`), 'e1000', 'e1001', 'e1002', 'e1003'].sort(),
      )
      expect(new Set(frames.map(({ kind, encoding }) => `${kind} ${encoding}`))).toEqual(
        new Set(['touchpoint ndjson', 'event packed']),
      )
      for (const frame of frames) {
        expect(idsOf(frame)).toHaveLength(frame.rows)
        expect(Math.abs(Date.now() - frame.appendedAt)).toBeLessThan(60_000)
      }
    })

    it('takes many appends at once and keeps the order of each device', async () => {
      const appending = await writer()
      const appends: Promise<void>[] = []
      for (let n = 0; n < 400; n += 1) appends.push(appending.append([eventsFrame(n % 10, n)]))
      await Promise.all(appends)
      for (const reader of await readers()) {
        const seen = (await readLog(reader)).flatMap(idsOf).map((id) => Number(id.slice(1)))
        for (let device = 0; device < 10; device += 1) {
          const own = seen.filter((n) => n % 10 === device)
          expect(own).toEqual([...own].sort((a, b) => a - b))
          if (own.length > 0) expect(own).toHaveLength(40)
        }
      }
      expect(await ids()).toHaveLength(400)
    })

    it('numbers frames by growing positions, and reads from any of them the same again', async () => {
      const appending = await writer()
      for (let n = 0; n < 60; n += 1) await appending.append([linesFrame(n, n + 1_000)])
      for (const reader of await readers()) {
        const all = await readLog(reader)
        expect(all.length).toBeGreaterThan(3)
        for (const [i, frame] of all.entries()) {
          expect(frame.position > 0n).toBe(true)
          expect(frame.next > frame.position).toBe(true)
          const after = all[i + 1]
          if (after) expect(after.position >= frame.next).toBe(true)
        }
        const inSmallPieces = await readLog(reader, 0n, 1)
        expect(inSmallPieces).toEqual(all)
        const middle = Math.floor(all.length / 2)
        expect(await readLog(reader, all[middle]?.position)).toEqual(all.slice(middle))
        expect(await readLog(reader, all[middle]?.next)).toEqual(all.slice(middle + 1))
      }
    })

    it('tells what is left, wakes a reader that waits, and lets it wait in vain no longer than asked', async () => {
      const appending = await writer()
      await appending.append([linesFrame(0)])
      const [part] = await partsWith(await readers(), 'n0')
      if (!part) throw new Error('the line is in no part')
      const [frame] = part.frames
      expect(await part.reader.bytesAfter(0n)).toBeGreaterThan(0)
      const end = frame?.next ?? 0n
      expect(await part.reader.bytesAfter(end)).toBe(0)
      const started = performance.now()
      await part.reader.waitForMore(end, 100)
      expect(performance.now() - started).toBeLessThan(1_500)
      const waiting = (async () => {
        for (let got: Frame[] = []; ; ) {
          await part.reader.waitForMore(end, 10_000)
          got = await part.reader.read(end, 1_000)
          if (got.length > 0) return got
        }
      })()
      await appending.append([linesFrame(0)])
      expect((await waiting).flatMap(idsOf)).toEqual(['n0'])
    })

    it('goes on behind what was there when the writer comes back', async () => {
      const first = await log.openWriter()
      await first.append([linesFrame(1), linesFrame(2)])
      await first.close()
      await expect(first.append([linesFrame(3)])).rejects.toMatchObject({ code: 'unavailable' })
      const before = await everything()
      await (await writer()).append([linesFrame(1), linesFrame(2)])
      const after = await everything()
      expect(after.flatMap(idsOf).sort()).toEqual(['n1', 'n1', 'n2', 'n2'])
      const key = ({ position, payload }: Frame) => `${position} ${payload.toString()}`
      expect(after.map(key)).toEqual(expect.arrayContaining(before.map(key)))
    })

    it('leaves out damaged bytes, keeps a copy of them, says so once, and reads everything else', async () => {
      const appending = await writer()
      for (let n = 0; n < 30; n += 1) await appending.append([linesFrame(n)])
      await log.flipBitOf(`${hashOf(13)} {"n":13`)
      const damages: DamageReport[] = []
      const found: string[] = []
      for (const reader of await readers((damage) => damages.push(damage))) {
        found.push(...(await readLog(reader)).flatMap(idsOf))
        await readLog(reader)
      }
      expect(found.sort()).toEqual(
        Array.from({ length: 30 }, (_, n) => `n${n}`)
          .filter((id) => id !== 'n13')
          .sort(),
      )
      expect(new Set(damages.map(({ position }) => position)).size).toBe(1)
      expect(damages[0]).toMatchObject({ reason: 'bad_payload' })
      expect(await readFile(damages[0]?.file ?? '')).toHaveLength(damages[0]?.length ?? -1)
    })

    it('refuses rather than fills memory, and stores nothing of what it refused', async () => {
      const appending = await writer({ maxPendingBytes: 600 })
      const first = appending.append([linesFrame(1, 2, 3, 4)])
      await expect(
        appending.append([linesFrame(...Array.from({ length: 20 }, (_, n) => n + 100))]),
      ).rejects.toMatchObject({ code: 'unavailable', retryAfter: expect.any(Number) })
      await first
      await appending.append([linesFrame(5)])
      expect(await ids()).toEqual(['n1', 'n2', 'n3', 'n4', 'n5'])
    })

    it('acknowledges nothing while it cannot store, and works again when it can', async () => {
      const appending = await writer()
      await appending.append([linesFrame(1)])
      const broken = await log.breakDown()
      await expect(appending.append([linesFrame(2)])).rejects.toMatchObject({
        code: 'unavailable',
        status: 503,
        retryAfter: expect.any(Number),
      })
      await broken.restore()
      await retried(() => appending.append([linesFrame(3)]))
      // What was refused may or may not be there: a broker can have taken it and died before it said so.
      expect((await ids()).filter((id) => id !== 'n2')).toEqual(['n1', 'n3'])
    })

    it('may be told what is loaded without losing what is not', async () => {
      const appending = await writer()
      for (let n = 0; n < 20; n += 1) await appending.append([linesFrame(n)])
      for (const reader of await readers()) {
        const all = await readLog(reader)
        const middle = all[Math.floor(all.length / 2)]
        if (!middle) continue
        await reader.release(middle.position)
        expect(await readLog(reader, middle.position)).toEqual(all.slice(all.indexOf(middle)))
      }
    })

    it('holds everything that was acknowledged by a writer that is killed, each once', async () => {
      const acknowledged = new Set<string>()
      const child = spawn(process.execPath, log.writerProcess(), { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      closing.unshift({
        async close() {
          child.kill('SIGKILL')
          await ended
        },
      })
      createInterface({ input: child.stdout }).on('line', (line) => {
        acknowledged.add(`n${line}`)
        if (acknowledged.size === 300) child.kill('SIGKILL')
      })
      await ended
      const found = await ids()
      expect(acknowledged.size).toBeGreaterThanOrEqual(300)
      expect(found.filter((id) => acknowledged.has(id))).toHaveLength(acknowledged.size)
      expect(new Set(found).size).toBe(found.length)
      await (await writer()).append([linesFrame(9_999_999)])
      expect(await ids()).toEqual([...found, 'n9999999'].sort())
    })
  })
}

async function partsWith(readers: readonly EventLogReader[], id: string) {
  const parts = await Promise.all(readers.map(async (reader) => ({ reader, frames: await readLog(reader) })))
  return parts.filter(({ frames }) => frames.flatMap(idsOf).includes(id))
}

/** Tries again for a while, as a client does that is told to come back. */
async function retried(act: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; ) {
    try {
      return await act()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }
}
