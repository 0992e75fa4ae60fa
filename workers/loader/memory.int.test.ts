import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDiskLogReader, openDiskLogWriter } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { requestRebuild, verifyRollups } from '#server/stores/clickhouse/rollups.ts'
import { backfillIds } from './backfill.ts'
import { countLateDuplicates } from './duplicates.ts'
import { counts, type Fixture, frame, line, openFixture, openLoader, packedFrame } from './testing/fixture.ts'
import { handedOver } from './testing/takeover.ts'

const quiet = createLogger('test', 'silent')
/** Bounds for a machine that is busy with other things. */
const slow = { timeout: 120_000 }
const patient = { timeout: 60_000 }
let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(() => fixture?.remove())

const openWriter = (dir: string) => openDiskLogWriter({ dir, logger: quiet })
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)

describe('ids that came long ago', () => {
  it('are known to the store when memory holds a few of the latest only', slow, async () => {
    const dir = join(fixture.dir, 'crowded')
    const writer = await openWriter(dir)
    const app = 'crowded'
    const { registry, stop } = await openLoader(fixture, dir, { exactIds: 100, maxBatchRows: 50 })
    for (let n = 0; n < 20; n += 1) await writer.append([packedFrame(app, ids(`e-${n}`, 100))])
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 2_000, ids: 2_000 })
    const again = ids('e-0', 100)
    await writer.append([packedFrame(app, [...again, 'new-1']), frame('event', [line('event', app, 'e-1-7')])])
    await writer.append([packedFrame(app, ['new-2', 'e-19-99'])])
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 2_002, ids: 2_002 })
    expect(await registry.getSingleMetricAsString('loader_duplicates_total')).toMatch(
      /kind="event",tier="store"\} 10\d/,
    )
    await Promise.all([stop(), writer.close()])
  })

  it('are known although an earlier release loaded them, and are recorded once', slow, async () => {
    const dir = join(fixture.dir, 'earlier')
    const app = 'earlier'
    const writer = await openWriter(dir)
    const first = await openLoader(fixture, dir)
    await writer.append([packedFrame(app, ids('e', 300)), frame('touchpoint', [line('touchpoint', app, 't')])])
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 300, ids: 300 })
    await first.stop()
    // What release 0.1.0 leaves: rows, but neither ids nor the note that they were recorded.
    for (const table of ['event_ids', 'load_plans'])
      await fixture.clickhouse.command({ query: `truncate table ${table}` })
    const second = await openLoader(fixture, dir)
    await writer.append([packedFrame(app, [...ids('e', 300), 'new'])])
    await writer.append([
      frame(
        'touchpoint',
        ['t', 'u'].map((id) => line('touchpoint', app, id)),
      ),
    ])
    await expect.poll(() => counts(fixture, 'touchpoint', app), patient).toEqual({ rows: 2, ids: 2 })
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 301, ids: 301 })
    await second.stop()
    const recorded = () => fixture.number('select count() as n from event_ids')
    const before = await recorded()
    await backfillIds(fixture.clickhouse, 8, quiet)
    expect(await recorded()).toBe(before)
    expect(await fixture.number(`select uniqExact(kind, hash) as n from event_ids`)).toBe(before)
    await writer.close()
  })

  it('are reported when they were loaded twice, because they came again after the window', slow, async () => {
    const before = await countLateDuplicates(fixture.clickhouse)
    await fixture.clickhouse.command({
      query: `insert into event_ids (log_id, kind, hash, day, log_position)
        select 'log', 'event', MD5('late'), today() - number * 12, 1000 + number from numbers(2)`,
    })
    expect(await countLateDuplicates(fixture.clickhouse)).toBe(before + 1)
  })
})

describe('several logs in one loader', () => {
  it('are loaded side by side, each with its own watermark, and share what was seen', slow, async () => {
    const app = 'several'
    const dirs = ['one', 'two', 'three'].map((name) => join(fixture.dir, `several-${name}`))
    const writers = await Promise.all(dirs.map(openWriter))
    const readers = await Promise.all(dirs.map((dir) => openDiskLogReader({ dir, logger: quiet })))
    const [first, ...others] = readers
    if (!first) throw new Error('no log')
    const loader = handedOver(fixture, join(fixture.dir, 'several'), first, fixture.clickhouse)
    for (const reader of others) loader.assign(reader)
    for (let n = 0; n < 10; n += 1) {
      await Promise.all(writers.map((writer, i) => writer.append([packedFrame(app, ids(`${i}-${n}`, 20))])))
    }
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 600, ids: 600 })
    for (const [i, writer] of writers.entries()) await writer.append([packedFrame(app, ids('0-0', 20 + i))])
    const marks = () =>
      Promise.all(readers.map(async (reader) => reader.bytesAfter(loader.loader.loadedTo(reader.logId))))
    await expect.poll(marks, patient).toEqual([0, 0, 0])
    expect(await counts(fixture, 'event', app)).toEqual({ rows: 602, ids: 602 })
    await loader.stop()
    for (const writer of writers) await writer.close()
  })
})

describe('a large batch', () => {
  it('goes in as one part, so that it is there wholly or not at all', slow, async () => {
    const dir = join(fixture.dir, 'large')
    const writer = await openWriter(dir)
    const frames = Array.from({ length: 7 }, (_, n) => packedFrame('large', ids(`e-${n}`, 10_000)))
    await writer.append(frames)
    const tables = ['events', 'event_ids']
    // A merge would make one part of several.
    for (const table of tables) await fixture.clickhouse.command({ query: `system stop merges ${table}` })
    const bounds = { lingerMs: 30_000, maxLingerMs: 30_000, maxBatchRows: 70_000 }
    const { registry, stop } = await openLoader(fixture, dir, { ...bounds, upkeepMs: 100 })
    const own = `log_id = '${writer.logId}'`
    for (const table of tables) {
      // Ids are written after the events can be seen.
      await expect.poll(() => fixture.number(`select count() as n from ${table} where ${own}`), patient).toBe(70_000)
      expect(await fixture.number(`select uniqExact(_part) as n from ${table} where ${own}`)).toBe(1)
      await fixture.clickhouse.command({ query: `system start merges ${table}` })
    }
    expect(await counts(fixture, 'event', 'large')).toEqual({ rows: 70_000, ids: 70_000 })
    const parts = () => registry.getSingleMetricAsString('loader_parts')
    await expect.poll(parts, patient).toMatch(/table="events"\} [1-9]/)
    await Promise.all([stop(), writer.close()])
  })
})

describe('a row that the store refuses', () => {
  it('is told to its tenant as readable JSON when it was packed, and every other row is loaded', slow, async () => {
    const dir = join(fixture.dir, 'packed-poison')
    const app = 'packed-poison'
    const writer = await openWriter(dir)
    const loader = await openLoader(fixture, dir)
    const broken = packedFrame(app, ids('good', 100))
    const bad = packedFrame(app, ['bad'])
    // The length of a text says more than the row has.
    const row = bad.payload.subarray(24)
    row[row.length - 1] = 120
    await writer.append([broken, bad, packedFrame(app, ids('more', 100))])
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 200, ids: 200 })
    await expect.poll(() => counts(fixture, 'rejected', app), patient).toEqual({ rows: 1, ids: 1 })
    const result = await fixture.clickhouse.query({
      query: `select org_id, code, request_id, JSONExtractString(raw, 'event_id') as id, JSONExtractString(raw, 'revenue') as revenue
        from rejected_events where app_id = '${app}'`,
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([
      { org_id: 'org_1', code: 'load_failed', request_id: 'req_1', id: 'bad', revenue: '1.25' },
    ])
    await writer.append([packedFrame(app, ['bad'])])
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 201, ids: 201 })
    await Promise.all([loader.stop(), writer.close()])
  })

  it('takes nothing from the rows behind it, and nothing within them is taken for a row', slow, async () => {
    const dir = join(fixture.dir, 'swallowing')
    const app = 'swallowing'
    const writer = await openWriter(dir)
    const rowOf = ({ payload }: { payload: Buffer }) => payload.subarray(24)
    const within = rowOf(packedFrame('elsewhere', ['smuggled'], { received_at: 0, event_time: 0, revenue: null }))
    const behind = packedFrame(app, ['behind'], { consent: within.toString('latin1') })
    const bad = packedFrame(app, ['bad'], { consent: 'x'.repeat(200) })
    // The last text's length, two bytes of seven bits each, reaches to the row that stands within the next one's last text.
    const length = 200 + rowOf(behind).length - within.length
    rowOf(bad).set([(length & 127) | 128, length >> 7], rowOf(bad).length - 202)
    await writer.append([packedFrame(app, ids('good', 10)), bad, behind])
    const loader = await openLoader(fixture, dir)
    await expect.poll(() => counts(fixture, 'rejected', app), patient).toEqual({ rows: 1, ids: 1 })
    expect(await counts(fixture, 'event', app)).toEqual({ rows: 11, ids: 11 })
    expect(await counts(fixture, 'event', 'elsewhere')).toEqual({ rows: 0, ids: 0 })
    await Promise.all([loader.stop(), writer.close()])
  })
})

describe('a rollup that was asked to be rebuilt', () => {
  it('is put right between batches while events come in', slow, async () => {
    const dir = join(fixture.dir, 'rebuild')
    const app = 'rebuild'
    const writer = await openWriter(dir)
    const loader = await openLoader(fixture, dir, { upkeepMs: 200 })
    await writer.append([packedFrame(app, ids('e', 100))])
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 100, ids: 100 })
    await fixture.clickhouse.command({
      query: `alter table events_15m delete where app_id = '${app}' settings mutations_sync = 1`,
    })
    const today = new Date().toISOString().slice(0, 10)
    const range = { appId: app, since: today, until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) }
    await requestRebuild(fixture.clickhouse, range)
    for (let n = 0; n < 5; n += 1) await writer.append([packedFrame(app, ids(`more-${n}`, 10))])
    const rolled = () => fixture.number(`select toUInt32(sum(events)) as n from events_15m where app_id = '${app}'`)
    await expect.poll(rolled, patient).toBe(150)
    expect(await verifyRollups(fixture.clickhouse, range, 100)).toEqual([])
    await Promise.all([loader.stop(), writer.close()])
  })
})
