import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { ClickHouseError, drainStream } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ScratchServer, scratchServer } from './testing/scratch-server.ts'

let scratch: ScratchServer

beforeAll(async () => {
  scratch = await scratchServer()
  await scratch.client.command({
    query: `CREATE TABLE t (app LowCardinality(String), id UInt64, amount Nullable(Decimal(18, 6)), log LowCardinality(String))
            ENGINE = MergeTree ORDER BY (app, id) SETTINGS non_replicated_deduplication_window = 100`,
  })
  await scratch.client.command({
    query: `CREATE TABLE sums (app LowCardinality(String), n UInt64, amount Decimal(38, 6))
            ENGINE = SummingMergeTree ORDER BY app SETTINGS non_replicated_deduplication_window = 100`,
  })
  await scratch.client.command({
    query:
      'CREATE MATERIALIZED VIEW sums_view TO sums AS SELECT app, count() AS n, sum(ifNull(amount, 0)) AS amount FROM t GROUP BY app',
  })
})
afterAll(() => scratch.remove())

const STRUCTURE = 'app String, id UInt64, amount Nullable(Decimal(18, 6))'
const insert = (format: string) =>
  `insert into t (app, id, amount, log) select *, 'log1' from input('${STRUCTURE}') format ${format}`

/** RowBinary of a row whose amount is null for even ids and one and a half otherwise. */
function row(app: string, id: number): Buffer {
  const head = Buffer.concat([Buffer.from([app.length]), Buffer.from(app), Buffer.alloc(9)])
  head.writeBigUInt64LE(BigInt(id), 1 + app.length)
  if (id % 2 === 0) {
    head[head.length - 1] = 1
    return head
  }
  const amount = Buffer.alloc(8)
  amount.writeBigInt64LE(1_500_000n)
  return Buffer.concat([head, amount])
}
const rows = (app: string, count: number) => Array.from({ length: count }, (_, id) => row(app, id))

async function send(query: string, pieces: Buffer[], settings: Record<string, string | number> = {}): Promise<void> {
  const values = Readable.from(pieces, { objectMode: false })
  const { stream } = await scratch.client.exec({ query, values, clickhouse_settings: settings })
  await drainStream(stream)
}

async function loaded(app: string): Promise<unknown> {
  const result = await scratch.client.query({
    query: `SELECT toUInt32(count()) AS c, toUInt32(uniqExact(id)) AS u, toFloat64(sum(amount)) AS s, any(log) AS log,
              (SELECT toUInt32(sum(n)) FROM sums WHERE app = {app: String}) AS rolled
            FROM t WHERE app = {app: String}`,
    query_params: { app },
    format: 'JSONEachRow',
  })
  return (await result.json())[0]
}

describe('rows through input()', () => {
  it('takes RowBinary that comes in pieces, with nulls and a column added by the statement', async () => {
    await send(insert('RowBinary'), rows('pieces', 3000))
    expect(await loaded('pieces')).toEqual({ c: 3000, u: 3000, s: 2250, log: 'log1', rolled: 3000 })
    expect(await readdir(join(scratch.dataDir, 'spool'))).toEqual([])
  })

  it('takes NDJSON', async () => {
    await send(insert('JSONEachRow'), [Buffer.from('{"app":"lines","id":1,"amount":2.5}\n{"app":"lines","id":2}\n')])
    expect(await loaded('lines')).toEqual({ c: 2, u: 2, s: 2.5, log: 'log1', rolled: 2 })
  })

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('takes a body that is compressed by %s', async (encoding, compress) => {
    const url = `${scratch.server.url}/?query=${encodeURIComponent(insert('RowBinary'))}`
    const body = new Uint8Array(compress(Buffer.concat(rows(encoding, 500))))
    const answer = await fetch(url, { method: 'POST', headers: { 'content-encoding': encoding }, body })
    expect(answer.status).toBe(200)
    expect(await loaded(encoding)).toMatchObject({ c: 500, rolled: 500 })
  })

  it('takes data that follows the statement in the body', async () => {
    await scratch.client.command({ query: `${insert('JSONEachRow')}\n{"app":"inline","id":1}` })
    expect(await loaded('inline')).toMatchObject({ c: 1 })
  })

  it('stores a batch once, in table and view, when it is sent again with its token', async () => {
    const settings = { insert_deduplication_token: 'a', deduplicate_blocks_in_dependent_materialized_views: 1 }
    const body = rows('token', 200_000)
    await send(insert('RowBinary'), body, settings)
    await send(insert('RowBinary'), body, settings)
    expect(await loaded('token')).toMatchObject({ c: 200_000, rolled: 200_000 })
    await send(insert('RowBinary'), body, { ...settings, insert_deduplication_token: 'b' })
    expect(await loaded('token')).toMatchObject({ c: 400_000, rolled: 400_000 })
  })

  it('blames rows that are cut off or no rows at all on the data, and stores none of them', async () => {
    const whole = Buffer.concat(rows('cut', 101))
    const cut = send(insert('RowBinary'), [whole.subarray(0, whole.length - 3)])
    await expect(cut).rejects.toBeInstanceOf(ClickHouseError)
    await expect(cut).rejects.toMatchObject({ code: '33', message: expect.not.stringContaining('spool') })
    const text = send(insert('JSONEachRow'), [Buffer.from('{"app":"cut","id":1}\n{"app":"cut","id":"x"}\n')])
    await expect(text).rejects.toMatchObject({ code: '27' })
    expect(await loaded('cut')).toMatchObject({ c: 0, rolled: 0 })
  })

  it('takes no rows from an empty body', async () => {
    await send(insert('RowBinary'), [Buffer.alloc(0)])
  })

  it('inserts nothing when the client goes away half-way', async () => {
    async function* broken() {
      yield Buffer.concat(rows('gone', 1000))
      throw new Error('gone')
    }
    const values = Readable.from(broken(), { objectMode: false })
    await expect(scratch.client.exec({ query: insert('RowBinary'), values })).rejects.toThrow()
    expect(await loaded('gone')).toMatchObject({ c: 0 })
  })
})
