import { Readable } from 'node:stream'
import { drainStream } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildBatch } from './batch.ts'
import { idBlock, idInsert } from './known.ts'
import { LogClaim, LogTakenOver } from './plan.ts'
import { SeenIds } from './seen.ts'
import { type Fixture, openFixture, packedFrame } from './testing/fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(() => fixture?.remove())

const claim = (log: string, owner: string) => new LogClaim(fixture.clickhouse, log, owner, new AbortController().signal)

describe("a store's clock that was put back", () => {
  it('lets the log be taken at once, and whoever had it sees that', async () => {
    // What an owner left that claimed when the clock was an hour ahead.
    await fixture.clickhouse.command({
      query: `insert into load_plans (log_id, owner, claimed_at, from_position, next_position, tokens)
        values ('ahead', 'earlier', now64(6) + interval 1 hour, 10, 20, 'abc')`,
    })
    const second = claim('ahead', 'b')
    expect(await second.take()).toMatchObject([{ from: 10n, next: 20n, tokens: 'abc' }])
    await second.plan(10n, 20n, 'def')
    const third = claim('ahead', 'a')
    expect((await third.take()).map(({ tokens }) => tokens)).toEqual(['def', 'abc'])
    await expect(second.plan(20n, 30n, '')).rejects.toBeInstanceOf(LogTakenOver)
    await third.plan(10n, 20n, 'def')
  })

  it('leaves the log to one of several that take it at the same time', async () => {
    await fixture.clickhouse.command({
      query: `insert into load_plans (log_id, owner, claimed_at, from_position, next_position, tokens)
        values ('together', 'earlier', now64(6) + interval 1 hour, 0, 0, '')`,
    })
    const claims = ['a', 'b', 'c'].map((owner) => claim('together', owner))
    await Promise.all(claims.map((each) => each.take()))
    const results = await Promise.allSettled(claims.map((each) => each.plan(0n, 10n, '')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('does not make a repeated stretch young', async () => {
    await fixture.clickhouse.command({
      query: `insert into load_plans (log_id, owner, from_position, next_position, tokens, written_at)
        values ('old', 'earlier', 0, 10, 'abc', now64(3) - interval 100 second)`,
    })
    const second = claim('old', 'second')
    const [plan] = await second.take()
    expect(plan?.age).toBeGreaterThanOrEqual(100)
    await second.plan(0n, 10n, 'abc', plan?.writtenAt)
    const [again] = await claim('old', 'third').take()
    expect(again?.tokens).toBe('abc')
    expect(again?.age).toBeGreaterThanOrEqual(100)
  })
})

describe('the day of an id', () => {
  it.each([
    ["the store's own, however old the known ids are", -40, 0],
    ['not before the newest known id, when the clock was put back', 10, 10],
    ['bounded, when the clock was years ahead', 400, 30],
  ])('is %s', async (_, newest, expected) => {
    const today = () => fixture.number(`select toUInt32(toDate(now('UTC'))) as n`)
    const before = await today()
    const { payload, rows } = packedFrame('days', [`id ${newest}`])
    const seen = new SeenIds({ filterBytes: 16 * 1024 * 1024, exactIds: 100, windowDays: 8 })
    const at = { position: 1n, next: 2n, appendedAt: 0 }
    const { parts } = buildBatch([{ kind: 'event', encoding: 'packed', payload, rows, ...at }], 'days', seen)
    const [part] = parts
    if (!part) throw new Error('no rows')
    const { stream } = await fixture.clickhouse.exec({
      query: idInsert(`days ${newest}`, 'event'),
      values: Readable.from(idBlock(part.set, before + newest)),
    })
    await drainStream(stream)
    const day = await fixture.number(`select toUInt32(day) as n from event_ids where log_id = 'days ${newest}'`)
    // Midnight may pass meanwhile.
    expect([before + expected, (await today()) + expected]).toContain(day)
  })
})
