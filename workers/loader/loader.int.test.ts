import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDiskLogWriter } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { counts, type Fixture, frame, line, openFixture, openLoader, packedFrame } from './testing/fixture.ts'

const quiet = createLogger('test', 'silent')
/** Bounds for a machine that is busy with other things. */
const slow = { timeout: 120_000 }
const patient = { timeout: 30_000 }
let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(() => fixture?.remove())

const openWriter = (dir: string) => openDiskLogWriter({ dir, logger: quiet })
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
const progress = () => fixture.number('select count() as n from (select log_id from load_progress group by log_id)')

describe('the loader', () => {
  it('makes rows of every kind queryable, with their values and their place in the log', slow, async () => {
    const dir = join(fixture.dir, 'plain')
    const writer = await openWriter(dir)
    const { loader, stop } = await openLoader(fixture, dir)
    await expect.poll(() => loader.phase(), patient).toBe('loading')
    const started = performance.now()
    await writer.append([
      frame('event', [line('event', 'plain', 'e1', { event_name: 'ünï "quoted"', revenue: 0.1, is_late: true })]),
      frame('touchpoint', [line('touchpoint', 'plain', 't1')]),
      frame('rejected', [line('rejected', 'plain', 'r1')]),
    ])
    await expect
      .poll(() => counts(fixture, 'event', 'plain'), { ...patient, interval: 10 })
      .toEqual({ rows: 1, ids: 1 })
    expect(performance.now() - started).toBeLessThan(5_000)
    const result = await fixture.clickhouse.query({
      query: `select event_name, toString(revenue) as revenue, is_late, currency, log_id, toString(log_position) as position,
        received_at > now() - 60 as recent from events where app_id = 'plain'`,
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([
      {
        event_name: 'ünï "quoted"',
        revenue: '0.1',
        is_late: true,
        currency: 'EUR',
        log_id: writer.logId,
        position: String((1n << 32n) + 16n),
        recent: 1,
      },
    ])
    expect(await counts(fixture, 'touchpoint', 'plain')).toEqual({ rows: 1, ids: 1 })
    expect(await counts(fixture, 'rejected', 'plain')).toEqual({ rows: 1, ids: 1 })
    await Promise.all([stop(), writer.close()])
  })

  it('counts a repeated id once within a frame, across frames, across batches and across a restart', slow, async () => {
    const dir = join(fixture.dir, 'repeats')
    const writer = await openWriter(dir)
    const first = await openLoader(fixture, dir)
    const lines = ids('e', 500).map((id) => line('event', 'repeats', id))
    await writer.append([frame('event', [...lines, ...lines.slice(0, 100)]), frame('event', lines.slice(50, 80))])
    await expect.poll(() => counts(fixture, 'event', 'repeats'), patient).toEqual({ rows: 500, ids: 500 })
    await writer.append([frame('event', lines)])
    await writer.append([frame('event', [line('event', 'repeats', 'new-1')])])
    await expect.poll(() => counts(fixture, 'event', 'repeats'), patient).toEqual({ rows: 501, ids: 501 })
    await first.stop()

    const second = await openLoader(fixture, dir)
    await writer.append([frame('event', [...lines, line('event', 'repeats', 'new-2')])])
    await expect.poll(() => counts(fixture, 'event', 'repeats'), patient).toEqual({ rows: 502, ids: 502 })
    expect(await second.registry.getSingleMetricAsString('loader_duplicates_total')).toMatch(
      /kind="event",tier="store"\} 500/,
    )
    await Promise.all([second.stop(), writer.close()])
  })

  it('keeps equal ids of different apps and kinds apart', slow, async () => {
    const dir = join(fixture.dir, 'apart')
    const writer = await openWriter(dir)
    const { stop } = await openLoader(fixture, dir)
    await writer.append([
      frame('event', [line('event', 'apart-a', 'same'), line('event', 'apart-b', 'same')]),
      frame('touchpoint', [line('touchpoint', 'apart-a', 'same')]),
    ])
    await expect.poll(() => counts(fixture, 'event', 'apart-b'), patient).toEqual({ rows: 1, ids: 1 })
    expect(await counts(fixture, 'event', 'apart-a')).toEqual({ rows: 1, ids: 1 })
    expect(await counts(fixture, 'touchpoint', 'apart-a')).toEqual({ rows: 1, ids: 1 })
    await Promise.all([stop(), writer.close()])
  })

  it('loads the whole log again, when its progress was lost, without a second copy of anything', slow, async () => {
    const dir = join(fixture.dir, 'again')
    const writer = await openWriter(dir)
    const first = await openLoader(fixture, dir)
    // Loaded apart the first time and together the second, so that no deduplication token is the same.
    const events = (prefix: string, count: number) => ids(prefix, count).map((id) => line('event', 'again', id))
    await writer.append([frame('event', events('early', 100))])
    await expect.poll(() => counts(fixture, 'event', 'again'), patient).toEqual({ rows: 100, ids: 100 })
    await writer.append([frame('event', events('e', 200))])
    await writer.append([
      frame(
        'touchpoint',
        ids('t', 200).map((id) => line('touchpoint', 'again', id)),
      ),
    ])
    await expect.poll(() => counts(fixture, 'touchpoint', 'again'), patient).toEqual({ rows: 200, ids: 200 })
    await expect.poll(() => counts(fixture, 'event', 'again'), patient).toEqual({ rows: 300, ids: 300 })
    await first.stop()
    await fixture.clickhouse.command({
      query: `alter table load_progress delete where log_id = '${writer.logId}' settings mutations_sync = 1`,
    })
    const second = await openLoader(fixture, dir)
    await expect.poll(() => second.loader.loadedTo(), patient).toBe(first.loader.loadedTo())
    expect(await counts(fixture, 'event', 'again')).toEqual({ rows: 300, ids: 300 })
    expect(await counts(fixture, 'touchpoint', 'again')).toEqual({ rows: 200, ids: 200 })
    await Promise.all([second.stop(), writer.close()])
  })

  it('writes a watermark that covers exactly what is loaded', slow, async () => {
    const dir = join(fixture.dir, 'watermark')
    const writer = await openWriter(dir)
    const before = await progress()
    const { loader, stop } = await openLoader(fixture, dir)
    await writer.append([frame('event', [line('event', 'watermark', 'e1')])])
    await expect.poll(() => loader.loadedTo() > 0n, patient).toBe(true)
    expect(await progress()).toBe(before + 1)
    const watermark = await fixture.clickhouse.query({
      query: `select toString(max(position)) as position from load_progress where log_id = '${writer.logId}'`,
      format: 'JSONEachRow',
    })
    const [row] = await watermark.json<{ position: string }>()
    const frameAt = (1n << 32n) + 16n
    expect(BigInt(row?.position ?? 0)).toBeGreaterThanOrEqual(frameAt)
    // The next frame's position lies behind it, so that whoever follows the watermark never passes it unseen.
    expect(BigInt(row?.position ?? 0)).toBe(loader.loadedTo() - 1n)
    await Promise.all([stop(), writer.close()])
  })

  it('puts rows that the engine refuses among the dead letters, once, and loads every other', slow, async () => {
    const dir = join(fixture.dir, 'poison')
    const writer = await openWriter(dir)
    const first = await openLoader(fixture, dir)
    const good = ids('good', 400).map((id) => line('event', 'poison', id))
    const bad = [
      line('event', 'poison', 'bad-time', { event_time: 'yesterday-ish' }),
      line('event', 'poison', 'bad-revenue', { revenue: { nested: [1] } }),
    ]
    const broken = `${line('event', 'poison', 'broken').slice(0, -2)},,"x"}`
    await writer.append([frame('event', [...good.slice(0, 150), ...bad, ...good.slice(150), broken])])
    await expect.poll(() => counts(fixture, 'event', 'poison'), patient).toEqual({ rows: 400, ids: 400 })
    await expect.poll(() => counts(fixture, 'rejected', 'poison'), patient).toEqual({ rows: 3, ids: 3 })
    const result = await fixture.clickhouse.query({
      query: `select code, kind, org_id, request_id, message != '' as said, position(raw, 'bad-time') > 0 as has_raw
        from rejected_events where app_id = 'poison' order by has_raw desc limit 1`,
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([
      { code: 'load_failed', kind: 'event', org_id: 'org_1', request_id: 'req_1', said: 1, has_raw: 1 },
    ])
    // Corrected, it may come again under the same id.
    await writer.append([frame('event', [line('event', 'poison', 'bad-time')])])
    await expect.poll(() => counts(fixture, 'event', 'poison'), patient).toEqual({ rows: 401, ids: 401 })
    await first.stop()
    await fixture.clickhouse.command({
      query: `alter table load_progress delete where log_id = '${writer.logId}' settings mutations_sync = 1`,
    })
    const second = await openLoader(fixture, dir)
    await expect.poll(() => second.loader.loadedTo(), patient).toBe(first.loader.loadedTo())
    expect(await counts(fixture, 'rejected', 'poison')).toEqual({ rows: 3, ids: 3 })
    expect(await counts(fixture, 'event', 'poison')).toEqual({ rows: 401, ids: 401 })
    await Promise.all([second.stop(), writer.close()])
  })

  it('takes a corrected row that is read while the batch with the refused one is still loading', slow, async () => {
    const dir = join(fixture.dir, 'corrected')
    const writer = await openWriter(dir)
    const app = 'corrected'
    // Rows before it keep the batch busy, and both frames wait in the log when the loader begins.
    const many = ids('good', 2_000).map((id) => line('event', app, id))
    await writer.append([frame('event', [...many, line('event', app, 'twice', { event_time: 'yesterday-ish' })])])
    await writer.append([frame('event', [line('event', app, 'twice')])])
    const loader = await openLoader(fixture, dir, { maxBatchRows: 1 })
    await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 2_001, ids: 2_001 })
    expect(await counts(fixture, 'rejected', app)).toEqual({ rows: 1, ids: 1 })
    await Promise.all([loader.stop(), writer.close()])
  })

  it(
    'takes the corrected row that follows a refused one in the same batch, and no repetition of it',
    slow,
    async () => {
      const dir = join(fixture.dir, 'corrected-at-once')
      const writer = await openWriter(dir)
      const app = 'corrected-at-once'
      const wrong = (id: string) => line('event', app, id, { event_time: 'yesterday-ish' })
      const lines = ['once', 'twice', 'never'].map(wrong)
      lines.push(line('event', app, 'good'), line('event', app, 'once'), wrong('twice'), wrong('never'))
      await writer.append([
        frame('event', lines),
        packedFrame(app, ['once', 'good']),
        frame('event', [line('event', app, 'twice'), line('event', app, 'once')]),
      ])
      const first = await openLoader(fixture, dir)
      await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 3, ids: 3 })
      await writer.append([packedFrame(app, ['once', 'twice', 'last'])])
      await expect.poll(() => counts(fixture, 'event', app), patient).toEqual({ rows: 4, ids: 4 })
      expect(await counts(fixture, 'rejected', app)).toEqual({ rows: 3, ids: 3 })
      const recorded = `select count() as n from event_ids where hash in (select MD5(concat(app_id, '\\n', event_id)) from events where app_id = '${app}')`
      expect(await fixture.number(recorded)).toBe(4)
      await first.stop()
      await fixture.clickhouse.command({
        query: `alter table load_progress delete where log_id = '${writer.logId}' settings mutations_sync = 1`,
      })
      const second = await openLoader(fixture, dir)
      await expect.poll(() => second.loader.loadedTo(), patient).toBe(first.loader.loadedTo())
      expect(await counts(fixture, 'event', app)).toEqual({ rows: 4, ids: 4 })
      expect(await counts(fixture, 'rejected', app)).toEqual({ rows: 3, ids: 3 })
      await Promise.all([second.stop(), writer.close()])
    },
  )

  it('lets a second loader of the same log wait until the first has stopped', slow, async () => {
    const dir = join(fixture.dir, 'two')
    const writer = await openWriter(dir)
    const first = await openLoader(fixture, dir)
    await expect.poll(() => first.loader.phase(), patient).toBe('loading')
    const second = await openLoader(fixture, dir)
    await writer.append([
      frame(
        'event',
        ids('e', 100).map((id) => line('event', 'two', id)),
      ),
    ])
    await expect.poll(() => counts(fixture, 'event', 'two'), patient).toEqual({ rows: 100, ids: 100 })
    expect(second.loader.phase()).toBe('waiting for the lock')
    await first.stop()
    await expect.poll(() => second.loader.phase(), patient).toBe('loading')
    await writer.append([frame('event', [line('event', 'two', 'e-late')])])
    await expect.poll(() => counts(fixture, 'event', 'two'), patient).toEqual({ rows: 101, ids: 101 })
    await Promise.all([second.stop(), writer.close()])
  })
})
