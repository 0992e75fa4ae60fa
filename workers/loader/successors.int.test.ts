import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { placeOf } from '#server/eventlog/disk/format.ts'
import { segmentPath } from '#server/eventlog/disk/segments.ts'
import { openDiskLogReader, openDiskLogWriter } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { verifyRollups } from '#server/stores/clickhouse/rollups.ts'
import { backfillIds } from './backfill.ts'
import { counts, type Fixture, openFixture, packedFrame } from './testing/fixture.ts'
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
const command = (query: string) => fixture.clickhouse.command({ query })
/** Waits until its inserts are there, then goes on. */
const reached = async (cut: { isCut(): boolean }) => expect.poll(cut.isCut, patient).toBe(true)

/** A log with two frames of 50 events, and where they stand. */
async function twoFrames(app: string) {
  const dir = join(fixture.dir, app)
  const writer = await openDiskLogWriter({ dir, logger: quiet })
  await writer.append([packedFrame(app, ids('first', 50)), packedFrame(app, ids('second', 50))])
  const reader = await openReader(dir)
  const [first, second] = await reader.read(0n, 1_000_000)
  await reader.close()
  if (!first || !second) throw new Error('The frames are not there.')
  return { app, dir, writer, first, second }
}
type Log = Awaited<ReturnType<typeof twoFrames>>

const plan = ({ writer }: Log, owner: string, from: bigint, next: bigint, tokens: string) =>
  command(`insert into load_plans (log_id, owner, from_position, next_position, tokens)
    values ('${writer.logId}', '${owner}', ${from}, ${next}, '${tokens}')`)
const rolledUp = (app: string) =>
  fixture.number(`select toUInt32(sum(events)) as n from events_15m where app_id = '${app}'`)
const remove = (table: string, app: string, condition = '1') =>
  command(`alter table ${table} delete where app_id = '${app}' and ${condition} settings mutations_sync = 1`)

/** Loads all and expects each row once, in the rollup too. */
async function expectComplete(log: Log) {
  const last = handedOver(fixture, log.dir, await openReader(log.dir), fixture.clickhouse, { upkeepMs: 100 })
  await expect.poll(() => last.loader.loadedTo(), patient).toBe(log.second.next)
  expect(await counts(fixture, 'event', log.app)).toEqual({ rows: 100, ids: 100 })
  await expect.poll(() => rolledUp(log.app), patient).toBe(100)
  await last.stop()
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  expect(await verifyRollups(fixture.clickhouse, { appId: log.app, since: '2026-01-01', until: tomorrow }, 0)).toEqual(
    [],
  )
  await log.writer.close()
}

/** Loads with a client that is cut off after the n-th write into a table, and loses the log then. */
async function loadUntil(log: Log, table: string, nth: number) {
  const cut = cutAfter(fixture.clickhouse, table, nth)
  const dying = handedOver(fixture, log.dir, await openReader(log.dir), cut.client)
  await reached(cut)
  await dying.lose()
}

describe('rows whose frame was damaged after they were inserted', () => {
  it('are known although the log cannot give them again: their repetition is none of the new', slow, async () => {
    const log = await twoFrames('damaged-later')
    // The rows are there, their ids and the progress are not.
    await loadUntil(log, 'events', 1)
    expect(await counts(fixture, 'event', log.app)).toEqual({ rows: 100, ids: 100 })
    const { segment, offset } = placeOf(log.second.position)
    flipByte(segmentPath(log.dir, segment), offset + 40)
    await log.writer.append([packedFrame(log.app, ids('second', 50))])
    const last = handedOver(fixture, log.dir, await openReader(log.dir))
    await expect.poll(() => last.loader.loadedTo() > log.second.next, patient).toBe(true)
    expect(await counts(fixture, 'event', log.app)).toEqual({ rows: 100, ids: 100 })
    await last.stop()
    await log.writer.close()
  })
})

function flipByte(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 0xff
  writeFileSync(file, bytes)
}

describe('the successor of a successor', () => {
  it('adds nothing where the one before inserted only what was absent', slow, async () => {
    const log = await twoFrames('chain-look')
    await loadUntil(log, 'load_plans', 2)
    // The first owner planned otherwise, and half of it arrived.
    await command(`alter table load_plans update tokens = 'other' where log_id = '${log.writer.logId}'
      settings mutations_sync = 1`)
    await command(`insert into events (org_id, app_id, event_id, received_at, event_time, log_id, log_position)
      select 'org_1', '${log.app}', concat('first-', toString(number)), now64(3), now64(3), '${log.writer.logId}',
        ${log.first.position} from numbers(50)`)
    await loadUntil(log, 'events', 1)
    expect(await counts(fixture, 'event', log.app)).toEqual({ rows: 100, ids: 100 })
    await expectComplete(log)
  })

  it.each([
    ['and told so', true],
    ['and did not come to tell', false],
  ])('adds nothing where the one before loaded a part of the stretch %s', slow, async (what, told) => {
    const log = await twoFrames(`chain-part-${what.replaceAll(' ', '-')}`)
    await loadUntil(log, 'events', 1)
    await plan(log, 'part', log.first.position, log.first.next, '')
    if (told) {
      await command(`insert into load_progress (log_id, position, loaded_at)
        values ('${log.writer.logId}', ${log.first.next - 1n}, now())`)
    }
    await expectComplete(log)
  })
})

describe('a rollup that kept what the events lost', () => {
  it(
    'is put right after a repeated insert whose rows were missing, even if the one who inserted them died',
    slow,
    async () => {
      const log = await twoFrames('lost-repeat')
      await loadUntil(log, 'events', 1)
      await remove('events', log.app, `event_id like 'second%'`)
      // The repetition is dropped, what is missing goes in under another token and is counted once more.
      await loadUntil(log, 'events', 2)
      expect(await counts(fixture, 'event', log.app)).toEqual({ rows: 100, ids: 100 })
      expect(await rolledUp(log.app)).toBe(150)
      await expectComplete(log)
    },
  )

  it.each([
    ['some', `event_id like 'second%'`],
    ['all', '1'],
  ])('is put right after a look that found %s of them missing', slow, async (what, lost) => {
    const log = await twoFrames(`lost-${what}`)
    await loadUntil(log, 'events', 1)
    await remove('events', log.app, lost)
    await plan(log, 'unknown', log.first.position, log.second.next, '')
    await expectComplete(log)
  })
})
