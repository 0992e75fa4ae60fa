import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ScratchServer, scratchServer } from './testing/scratch-server.ts'

let scratch: ScratchServer

beforeAll(async () => {
  scratch = await scratchServer()
  await scratch.client.command({
    query: `CREATE TABLE e (app String, id UInt64, name LowCardinality(String) DEFAULT 'open', at DateTime64(3, 'UTC'),
            seen DateTime64(3, 'UTC') DEFAULT at, props String, total Float64 MATERIALIZED length(props))
            ENGINE = MergeTree ORDER BY (app, id) SETTINGS non_replicated_deduplication_window = 100`,
  })
})
afterAll(() => scratch.remove())

/** NDJSON that is ready to go, as the loader has it: `exec` takes bytes where `insert` wants objects. */
async function insertLines(app: string, count: number, settings: Record<string, string> = {}): Promise<void> {
  const values = Readable.from(lines(app, count), { objectMode: false })
  const query = 'INSERT INTO e FORMAT JSONEachRow'
  const { stream } = await scratch.client.exec({ query, values, clickhouse_settings: settings })
  stream.resume()
}

async function one<T>(query: string): Promise<T | undefined> {
  const result = await scratch.client.query({ query, format: 'JSONEachRow' })
  return (await result.json<T>())[0]
}

const props = '{"note":"'.padEnd(200, 'x')

function* lines(app: string, count: number): Generator<string> {
  for (let from = 0; from < count; from += 500) {
    let text = ''
    for (let id = from; id < Math.min(count, from + 500); id += 1) {
      text += `${JSON.stringify({ app, id, at: 1_760_000_000_000 + id, props: `${props}"}` })}\n`
    }
    yield text
  }
}

describe('inserts', () => {
  it('takes arrays, fills defaults by their expressions and keeps any text', async () => {
    const values = [
      { app: 'array', id: '18446744073709551615', at: 1_760_000_000_123, props: 'ü😀\n;"\\' },
      { app: 'array', id: 2, name: 'buy', at: '2025-10-09 08:53:20.000', props: '' },
    ]
    const { summary } = await scratch.client.insert({ table: 'e', values, format: 'JSONEachRow' })
    expect(Number(summary?.written_rows)).toBe(2)
    expect(
      await one(
        "SELECT toString(max(id)) AS id, groupArray(name) AS names, countIf(seen = at) AS filled, anyIf(props, name = 'open') AS text FROM (SELECT * FROM e WHERE app = 'array' ORDER BY id)",
      ),
    ).toEqual({ id: '18446744073709551615', names: ['buy', 'open'], filled: 2, text: 'ü😀\n;"\\' })
  })

  it('takes a stream of 200,000 rows in bounded memory, fast, and leaves no file behind', async () => {
    const started = performance.now()
    await insertLines('stream', 200_000)
    const seconds = (performance.now() - started) / 1000
    expect(
      await one("SELECT toUInt32(count()) AS c, toUInt32(uniqExact(id)) AS u FROM e WHERE app = 'stream'"),
    ).toEqual({ c: 200_000, u: 200_000 })
    expect(await readdir(join(scratch.dataDir, 'spool'))).toEqual([])
    expect(seconds).toBeLessThan(15)
  })

  it('takes a stream of objects', async () => {
    function* objects() {
      for (let id = 0; id < 5000; id += 1) yield { app: 'objects', id, at: 1_760_000_000_000, props: '{}' }
    }
    await scratch.client.insert({ table: 'e', values: Readable.from(objects()), format: 'JSONEachRow' })
    expect(await one("SELECT toUInt32(count()) AS c FROM e WHERE app = 'objects'")).toEqual({ c: 5000 })
  })

  it('stores a batch once when it is sent again with its token', async () => {
    const send = (token: string) => insertLines('token', 3000, { insert_deduplication_token: token })
    await send('batch-1')
    await send('batch-1')
    expect(await one("SELECT toUInt32(count()) AS c FROM e WHERE app = 'token'")).toEqual({ c: 3000 })
    await send('batch-2')
    expect(await one("SELECT toUInt32(count()) AS c FROM e WHERE app = 'token'")).toEqual({ c: 6000 })
  })

  it('takes columns, other formats, inline data, VALUES and a settings clause', async () => {
    await scratch.client.insert({
      table: 'e',
      columns: ['id', 'app', 'at'],
      values: [[1, 'compact', 5000]],
      format: 'JSONCompactEachRow',
    })
    await scratch.client.insert({
      table: 'e',
      columns: ['app', 'id'],
      values: Readable.from(['csv,1\n', '"csv",2\n'], { objectMode: false }),
      format: 'CSV',
    })
    await scratch.client.command({
      query: "INSERT INTO e (app, id, props) VALUES ('values', 1, 'a;b'), ('values', 2, 'FORMAT CSV')",
    })
    await scratch.client.command({
      query:
        'INSERT INTO e (app, id) SETTINGS max_insert_threads = 1 FORMAT JSONEachRow\n{"app":"inline","id":1}\n{"app":"inline","id":2}',
    })
    await scratch.client.exec({
      query: 'INSERT INTO e (app, id) VALUES',
      values: Readable.from(["('body', 7)"], { objectMode: false }),
    })
    const found = await scratch.client.query({
      query:
        "SELECT app, toUInt32(count()) AS c FROM e WHERE app IN ('compact','csv','values','inline','body') GROUP BY app ORDER BY app",
      format: 'JSONEachRow',
    })
    expect(await found.json()).toEqual([
      { app: 'body', c: 1 },
      { app: 'compact', c: 1 },
      { app: 'csv', c: 2 },
      { app: 'inline', c: 2 },
      { app: 'values', c: 2 },
    ])
  })

  it('takes an insert without rows', async () => {
    const empty = await fetch(
      `${scratch.server.url}/?query=${encodeURIComponent('INSERT INTO e FORMAT JSONEachRow')}`,
      { method: 'POST' },
    )
    expect(empty.status).toBe(200)
  })

  it('reads rows from a file of the machine', async () => {
    const path = join(scratch.dataDir, 'rows.ndjson')
    await writeFile(path, [...lines('file', 1000)].join(''))
    await scratch.client.command({
      query: `INSERT INTO e (app, id, at, props) SELECT app, id, at, props FROM file({path:String}, 'JSONEachRow', 'app String, id UInt64, at DateTime64(3), props String')`,
      query_params: { path },
    })
    expect(await one("SELECT toUInt32(count()) AS c FROM e WHERE app = 'file'")).toEqual({ c: 1000 })
  })

  it('inserts side by side', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => insertLines(`side-${i}`, 1000)))
    expect(
      await one("SELECT toUInt32(count()) AS c, toUInt32(uniqExact(app)) AS apps FROM e WHERE app LIKE 'side-%'"),
    ).toEqual({ c: 20_000, apps: 20 })
  })
})

describe('a body that a client on this machine puts into the folder for bodies', () => {
  const insert = (name: string, query = 'INSERT INTO e FORMAT JSONEachRow') =>
    scratch.client
      .exec({ query, http_headers: { 'x-body-file': name } })
      .then(({ stream, response_headers: headers }) => {
        stream.resume()
        return headers
      })
  const folder = async () => {
    const { response_headers: headers } = await scratch.client.command({ query: 'SYSTEM FLUSH LOGS' })
    return decodeURI(String(headers['x-body-folder']))
  }

  it('is inserted as if it had been sent, and deleted', async () => {
    const path = await folder()
    await writeFile(join(path, 'b-1'), [...lines('handed', 1_000)].join(''))
    await insert('b-1')
    expect(await one("SELECT toUInt32(count()) AS n FROM e WHERE app = 'handed'")).toEqual({ n: 1_000 })
    expect(await readdir(path)).toEqual([])
  })

  it('must be there', async () => {
    await expect(insert('absent')).rejects.toMatchObject({ code: '107' })
  })

  it('cannot be a file elsewhere', async () => {
    await writeFile(join(await folder(), '..', 'outside'), [...lines('outside', 1)].join(''))
    await expect(insert('../outside')).rejects.toMatchObject({ code: '36' })
    expect(await one("SELECT toUInt32(count()) AS n FROM e WHERE app = 'outside'")).toEqual({ n: 0 })
  })

  it('is only taken for an insert', async () => {
    await writeFile(join(await folder(), 'b-2'), 'x')
    await expect(insert('b-2', 'SELECT 1')).rejects.toMatchObject({ code: '36' })
  })
})
