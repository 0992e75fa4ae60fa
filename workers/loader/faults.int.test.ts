import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EventLogWriter, openDiskLogWriter } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { counts, type Fixture, frame, line, openFixture, openLoader } from './testing/fixture.ts'

const quiet = createLogger('test', 'silent')
let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(() => fixture?.remove())

/** Appends frames of 100 events, each with a touchpoint frame before it, until told to stop. */
function traffic(writer: EventLogWriter, app: string): { stop(): Promise<number> } {
  let going = true
  const run = (async () => {
    let n = 0
    for (; going; n += 1) {
      const ids = Array.from({ length: 100 }, (_, i) => `${n}-${i}`)
      await writer.append([
        frame(
          'touchpoint',
          ids.map((id) => line('touchpoint', app, id)),
        ),
      ])
      await writer.append([
        frame(
          'event',
          ids.map((id) => line('event', app, id)),
        ),
      ])
      // Every tenth batch is sent again, as a client does that lost the answer.
      if (n % 10 === 0)
        await writer.append([
          frame(
            'event',
            ids.map((id) => line('event', app, id)),
          ),
        ])
      await sleep(4)
    }
    return n * 100
  })()
  return {
    stop() {
      going = false
      return run
    },
  }
}

const kill = async (child: ChildProcess) => {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

describe('exactly once', () => {
  it('holds when the loader is killed again and again in the middle of inserting', async () => {
    const dir = join(fixture.dir, 'killed-loader')
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    const sender = traffic(writer, 'killed')
    const start = () => fork(join(import.meta.dirname, 'testing/loader-process.ts'), [dir, fixture.url])
    for (const ms of [700, 450, 620, 530, 810, 480]) {
      const child = start()
      await sleep(ms)
      await kill(child)
    }
    const sent = await sender.stop()
    const last = start()
    await expect.poll(() => counts(fixture, 'event', 'killed'), { timeout: 15_000 }).toEqual({ rows: sent, ids: sent })
    expect(await counts(fixture, 'touchpoint', 'killed')).toEqual({ rows: sent, ids: sent })
    await sleep(300)
    expect(await counts(fixture, 'event', 'killed')).toEqual({ rows: sent, ids: sent })
    await kill(last)
    await writer.close()
    expect(sent).toBeGreaterThan(5_000)
  })

  it('holds when the engine is killed in the middle of inserting, and the loader goes on by itself', async () => {
    const dir = join(fixture.dir, 'killed-engine')
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    const { registry, stop } = await openLoader(fixture, dir, { lingerMs: 10, maxBatchRows: 2_000 })
    const sender = traffic(writer, 'engine')
    for (const ms of [500, 400, 600]) {
      await sleep(ms)
      await fixture.killEngine()
      await sleep(150)
      await fixture.startEngine()
    }
    const sent = await sender.stop()
    await expect.poll(() => counts(fixture, 'event', 'engine'), { timeout: 15_000 }).toEqual({ rows: sent, ids: sent })
    expect(await counts(fixture, 'touchpoint', 'engine')).toEqual({ rows: sent, ids: sent })
    expect(await registry.getSingleMetricAsString('loader_insert_retries_total')).toMatch(/kind="\w+"\} [1-9]/)
    await Promise.all([stop(), writer.close()])
    expect(sent).toBeGreaterThan(1_000)
  })

  it('lets nobody see an event whose earlier touchpoint is not there yet', async () => {
    const dir = join(fixture.dir, 'order')
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    const { stop } = await openLoader(fixture, dir, { lingerMs: 10, maxBatchRows: 500 })
    const sender = traffic(writer, 'order')
    const until = Date.now() + 1_500
    let looks = 0
    while (Date.now() < until) {
      const orphans = await fixture.number(
        `select count() as n from events where app_id = 'order'
          and event_id not in (select touchpoint_id from touchpoints where app_id = 'order')`,
      )
      expect(orphans).toBe(0)
      looks += 1
    }
    const sent = await sender.stop()
    await expect.poll(() => counts(fixture, 'event', 'order'), { timeout: 10_000 }).toEqual({ rows: sent, ids: sent })
    expect(looks).toBeGreaterThan(10)
    await Promise.all([stop(), writer.close()])
  })
})
