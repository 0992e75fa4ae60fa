import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDiskLogReader, openDiskLogWriter } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { backfillIds } from './backfill.ts'
import { counts, type Fixture, frame, line, openFixture, packedFrame } from './testing/fixture.ts'
import { cutAfter, handedOver } from './testing/takeover.ts'

const quiet = createLogger('test', 'silent')
/** Bounds for a machine that is busy with other things. */
const slow = { timeout: 120_000 }
const patient = { timeout: 60_000 }
let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
  // Once for the database, so that it is none of the writes that are counted here.
  await backfillIds(fixture.clickhouse, 8, quiet)
})
afterAll(() => fixture?.remove())

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
const openReader = (dir: string) => openDiskLogReader({ dir, logger: quiet })

/** Three frames that are loaded as one stretch: touchpoints, packed events, events as lines; with repeats among them. */
async function threeFrames(dir: string, app: string) {
  const writer = await openDiskLogWriter({ dir, logger: quiet })
  await writer.append([
    frame(
      'touchpoint',
      ids('t', 30).map((id) => line('touchpoint', app, id)),
    ),
    packedFrame(app, [...ids('e', 100), 'e-1', 'e-2']),
    frame(
      'event',
      [...ids('l', 50), 'e-3'].map((id) => line('event', app, id)),
    ),
  ])
  return writer
}

/**
 * What every table says of an app; equal to `complete` when each row is there once. An id may be recorded twice for the
 * same place in the log, by a dead loader and its successor: that says nothing else than once.
 */
async function tables(app: string) {
  const rolled = `select toUInt32(sum(events)) as n from events_15m where app_id = '${app}'`
  const idsOf = (kind: string, table: string, column: string) =>
    `select uniqExact(hash, log_id, log_position) as n from event_ids where kind = '${kind}' and hash in (select MD5(concat(app_id, '\\n', ${column})) from ${table} where app_id = '${app}')`
  return {
    events: await counts(fixture, 'event', app),
    touchpoints: await counts(fixture, 'touchpoint', app),
    rollup: await fixture.number(rolled),
    eventIds: await fixture.number(idsOf('event', 'events', 'event_id')),
    touchpointIds: await fixture.number(idsOf('touchpoint', 'touchpoints', 'touchpoint_id')),
  }
}
const complete = {
  events: { rows: 150, ids: 150 },
  touchpoints: { rows: 30, ids: 30 },
  rollup: 150,
  eventIds: 150,
  touchpointIds: 30,
}

describe('a loader that dies within a stretch', () => {
  // Requests of one stretch: what is written, in its order.
  it.each([
    ['the plan', 'load_plans', 2],
    ['the touchpoints', 'touchpoints', 1],
    ['the packed events', 'events', 1],
    ['the other events', 'events', 2],
    ['the ids of the touchpoints', 'event_ids', 1],
    ['the ids of some events', 'event_ids', 2],
    ['all ids', 'event_ids', 3],
    ['the progress', 'load_progress', 1],
  ])(
    'right after the store took %s leaves nothing missing and nothing double to its successor',
    slow,
    async (what, table, nth) => {
      const app = `dies-${what.replaceAll(' ', '-')}`
      const dir = join(fixture.dir, app)
      const writer = await threeFrames(dir, app)
      const cut = cutAfter(fixture.clickhouse, table, nth)
      const first = handedOver(fixture, dir, await openReader(dir), cut.client)
      await expect.poll(cut.isCut, patient).toBe(true)
      await first.lose()

      const second = handedOver(fixture, dir, await openReader(dir))
      await expect.poll(() => tables(app), patient).toEqual(complete)
      await writer.append([packedFrame(app, ids('e', 100))])
      await expect.poll(() => second.loader.loadedTo() > first.loader.loadedTo(), patient).toBe(true)
      expect(await tables(app)).toEqual(complete)
      await second.stop()
      await writer.close()
    },
  )

  it('with an insert that arrives only after its successor began adds nothing', slow, async () => {
    const app = 'late-insert'
    const dir = join(fixture.dir, app)
    const writer = await threeFrames(dir, app)
    const hold = holdInsert(fixture.clickhouse, 'events')
    const first = handedOver(fixture, dir, await openReader(dir), hold.client)
    await hold.reached
    const second = handedOver(fixture, dir, await openReader(dir))
    await expect.poll(() => tables(app), patient).toEqual(complete)
    hold.go()
    await expect.poll(() => hold.arrived(), patient).toBe(true)
    expect(await tables(app)).toEqual(complete)
    await first.lose()
    await second.stop()
    await writer.close()
  })
})

describe('a loader that lives on although another one has its log', () => {
  it('inserts nothing more', slow, async () => {
    const app = 'zombie'
    const dir = join(fixture.dir, app)
    const writer = await threeFrames(dir, app)
    const zombie = handedOver(fixture, dir, await openReader(dir))
    await expect.poll(() => tables(app), patient).toEqual(complete)
    const successor = handedOver(fixture, dir, await openReader(dir))
    await expect.poll(() => successor.loader.phase(), patient).toBe('loading')
    for (let n = 0; n < 20; n += 1) await writer.append([packedFrame(app, ids(`later-${n}`, 10))])
    await expect.poll(() => zombie.loader.phase(), patient).toBe('stopped')
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 350, ids: 350 })
    await successor.stop()
    expect(await counts(fixture, 'event', app)).toEqual({ rows: 350, ids: 350 })
    expect((await tables(app)).rollup).toBe(350)
    await zombie.lose()
    await writer.close()
  })
})

/** A client whose first insert into a table waits until told to go on, as a stalled network would. */
function holdInsert(clickhouse: ClickHouseClient, table: string) {
  let go = () => {}
  let reach = () => {}
  let done = false
  const going = new Promise<void>((resolve) => {
    go = resolve
  })
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  let held = false
  const client = new Proxy(clickhouse, {
    get(target, name) {
      if (name !== 'exec') return Reflect.get(target, name)
      return async (params: Parameters<ClickHouseClient['exec']>[0]) => {
        if (held || !params.query.startsWith(`insert into ${table} `)) return target.exec(params)
        held = true
        reach()
        await going
        // Arrives although its sender is gone.
        const { abort_signal: _, ...rest } = params
        const result = await target.exec(rest as typeof params)
        done = true
        return result
      }
    },
  })
  return { client, go, reached, arrived: () => done }
}
