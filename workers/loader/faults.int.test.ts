import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EventLogWriter, openDiskLogWriter } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { counts, type Fixture, frame, line, openFixture, openLoader, quietClient } from './testing/fixture.ts'
import { answerLosingProxy } from './testing/proxy.ts'

const quiet = createLogger('test', 'silent')
let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(() => fixture?.remove())

/** Bounds for a machine that is busy with other things; what is measured are counts. */
const slow = { timeout: 120_000 }
const patient = { timeout: 60_000 }

/** Appends frames of 100 events, each with a touchpoint frame before it, until told to stop or 20,000 are sent. */
function traffic(writer: EventLogWriter, app: string): { stop(): Promise<number> } {
  let going = true
  const run = (async () => {
    let n = 0
    for (; going && n < 200; n += 1) {
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

/** The number that {@link traffic} put before the dash of an id. */
const frameNumber = (column: string) => `toUInt32(splitByChar('-', ${column})[1])`

const kill = async (child: ChildProcess) => {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

describe('exactly once', () => {
  it('holds when the loader is killed again and again in the middle of inserting', slow, async () => {
    const dir = join(fixture.dir, 'killed-loader')
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    const sender = traffic(writer, 'killed')
    const start = () => fork(join(import.meta.dirname, 'testing/loader-process.ts'), [dir, fixture.url])
    for (const batches of [1, 3, 2, 4]) {
      const child = start()
      for (let seen = 0; seen < batches; seen += 1) await once(child, 'message')
      await sleep(batches * 3)
      await kill(child)
    }
    const sent = await sender.stop()
    const last = start()
    await expect.poll(() => counts(fixture, 'event', 'killed'), patient).toEqual({ rows: sent, ids: sent })
    expect(await counts(fixture, 'touchpoint', 'killed')).toEqual({ rows: sent, ids: sent })
    await sleep(300)
    expect(await counts(fixture, 'event', 'killed')).toEqual({ rows: sent, ids: sent })
    await kill(last)
    await writer.close()
    expect(sent).toBeGreaterThan(1_000)
  })

  it('holds when the engine is killed in the middle of inserting, and the loader goes on by itself', slow, async () => {
    const dir = join(fixture.dir, 'killed-engine')
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    const { loader, registry, stop } = await openLoader(fixture, dir, { lingerMs: 10, maxBatchRows: 2_000 })
    const sender = traffic(writer, 'engine')
    const retried = async () =>
      /table="\w+"\} [1-9]/.test(await registry.getSingleMetricAsString('loader_insert_retries_total'))
    for (let kills = 0; kills < 3 || (kills < 25 && !(await retried())); kills += 1) {
      const before = loader.loadedTo()
      await expect.poll(() => loader.loadedTo(), patient).not.toBe(before)
      await sleep((kills % 8) * 17)
      await fixture.killEngine()
      await sleep(150)
      await fixture.startEngine()
    }
    const sent = await sender.stop()
    await expect.poll(() => counts(fixture, 'event', 'engine'), patient).toEqual({ rows: sent, ids: sent })
    expect(await counts(fixture, 'touchpoint', 'engine')).toEqual({ rows: sent, ids: sent })
    expect(await retried()).toBe(true)
    await Promise.all([stop(), writer.close()])
    expect(sent).toBeGreaterThan(1_000)
  })

  it('holds when the answer to an insert that arrived is lost', slow, async () => {
    const dir = join(fixture.dir, 'lost-answer')
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    const proxy = await answerLosingProxy(fixture.url, 6)
    const clickhouse = quietClient(proxy.url)
    const { registry, stop } = await openLoader({ ...fixture, clickhouse }, dir, { lingerMs: 10 })
    const sender = traffic(writer, 'lost')
    await expect.poll(proxy.lost, patient).toBe(6)
    const sent = await sender.stop()
    await expect.poll(() => counts(fixture, 'event', 'lost'), patient).toEqual({ rows: sent, ids: sent })
    expect(await counts(fixture, 'touchpoint', 'lost')).toEqual({ rows: sent, ids: sent })
    expect(await registry.getSingleMetricAsString('loader_insert_retries_total')).toMatch(/table="\w+"\} [1-9]/)
    await Promise.all([stop(), writer.close()])
    await clickhouse.close()
    await proxy.close()
  })

  it('lets nobody see an event whose earlier touchpoint is not there yet', slow, async () => {
    const dir = join(fixture.dir, 'order')
    const writer = await openDiskLogWriter({ dir, logger: quiet })
    const { stop } = await openLoader(fixture, dir, { lingerMs: 10, maxBatchRows: 500 })
    const sender = traffic(writer, 'order')
    let looks = 0
    while (looks < 12) {
      // The events are looked at first, so that a touchpoint that is absent afterwards was absent then.
      const events = await fixture.number(`select count() as n from events where app_id = 'order'`)
      if (events === 0) continue
      const newest = await fixture.number(
        `select max(${frameNumber('event_id')}) as n from events where app_id = 'order'`,
      )
      const before = await fixture.number(
        `select count() as n from touchpoints where app_id = 'order' and ${frameNumber('touchpoint_id')} <= ${newest}`,
      )
      expect(before).toBe((newest + 1) * 100)
      looks += 1
    }
    const sent = await sender.stop()
    await expect.poll(() => counts(fixture, 'event', 'order'), patient).toEqual({ rows: sent, ids: sent })
    await Promise.all([stop(), writer.close()])
  })
})
