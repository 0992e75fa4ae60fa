import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quietClient, type ScratchServer, scratchServer } from './testing/scratch-server.ts'

let scratch: ScratchServer

beforeAll(async () => {
  scratch = await scratchServer()
  await scratch.client.command({
    query: "CREATE TABLE t (a UInt32, b String DEFAULT 'none') ENGINE = MergeTree ORDER BY a",
  })
})
afterAll(() => scratch.remove())

async function rows<T>(query: string, extra: object = {}): Promise<T[]> {
  const result = await scratch.client.query({ query, format: 'JSONEachRow', ...extra })
  return result.json<T>()
}

describe('the official client against the embedded engine', () => {
  it('pings both ways', async () => {
    expect(await scratch.client.ping()).toEqual({ success: true })
    expect(await scratch.client.ping({ select: true })).toEqual({ success: true })
  })

  it.each(['JSON', 'JSONCompact', 'JSONStrings', 'JSONColumnsWithMetadata', 'JSONObjectEachRow'] as const)(
    'returns one whole document in %s over many blocks',
    async (format) => {
      const result = await scratch.client.query({ query: 'SELECT number AS n FROM numbers(200000)', format })
      const document = JSON.stringify(await result.json())
      expect(document).toContain('199999')
      if (format === 'JSON') expect(JSON.parse(document)).toMatchObject({ rows: 200_000 })
    },
  )

  it.each(['CSVWithNames', 'TabSeparatedWithNamesAndTypes'] as const)(
    'writes the header of %s once',
    async (format) => {
      const result = await scratch.client.query({ query: 'SELECT number AS column_n FROM numbers(200000)', format })
      const text = await result.text()
      expect(text.match(/column_n/g)).toHaveLength(1)
      expect(text.trim().split('\n').length).toBeGreaterThanOrEqual(200_001)
    },
  )

  it('writes binary formats whole', async () => {
    const result = await scratch.client.exec({ query: 'SELECT number FROM numbers(200000) FORMAT Parquet' })
    const chunks: Buffer[] = []
    for await (const chunk of result.stream) chunks.push(chunk as Buffer)
    const file = Buffer.concat(chunks)
    expect(file.subarray(0, 4).toString()).toBe('PAR1')
    expect(file.subarray(-4).toString()).toBe('PAR1')
  })

  it('streams a large result row by row, and in full', async () => {
    const result = await scratch.client.query({
      query: 'SELECT number AS n FROM numbers(1000000)',
      format: 'JSONEachRow',
    })
    let count = 0
    let sum = 0
    for await (const batch of result.stream()) {
      for (const row of batch) {
        count += 1
        sum += Number(row.json<{ n: string }>().n)
      }
    }
    expect(count).toBe(1_000_000)
    expect(sum).toBe((999_999 * 1_000_000) / 2)
  })

  it('binds parameters of every kind, and no parameter survives its query', async () => {
    const nasty = 'it\'s a \\ "tab"\t`x`\nü😀; DROP TABLE t --'
    const [row] = await rows(
      'SELECT {s:String} AS s, toString({n:UInt64}) AS n, {l:Array(String)} AS l, {d:DateTime64(3)} AS d, {z:Nullable(String)} AS z',
      {
        query_params: { s: nasty, n: '18446744073709551615', l: [nasty, ''], d: new Date(1_700_000_000_123), z: null },
      },
    )
    const d = '2023-11-14 22:13:20.123'
    expect(row).toEqual({ s: nasty, n: '18446744073709551615', l: [nasty, ''], d, z: null })
    expect(await rows('SELECT count() AS c FROM {t:Identifier}', { query_params: { t: 't' } })).toEqual([{ c: 0 }])
    await expect(rows('SELECT {s:String} AS s')).rejects.toMatchObject({ code: '456' })
  })

  it('sends parameters as a form when they are too long for a URL', async () => {
    const list = Array.from({ length: 20_000 }, (_, i) => `device-${i}`)
    const [row] = await rows('SELECT length({l:Array(String)}) AS n', {
      query_params: { l: list },
      use_multipart_params: true,
    })
    expect(row).toEqual({ n: 20_000 })
  })

  it('applies settings to their query only, even when it fails', async () => {
    const setting = "SELECT getSetting('max_block_size') AS v"
    const before = await rows(setting)
    expect(await rows(setting, { clickhouse_settings: { max_block_size: '77' } })).toEqual([{ v: 77 }])
    await expect(rows('SELECT nope', { clickhouse_settings: { max_block_size: '78' } })).rejects.toMatchObject({
      code: '47',
    })
    for (let i = 0; i < 30; i += 1) expect(await rows(setting)).toEqual(before)
  })

  it('keeps SET, USE and temporary tables inside their request', async () => {
    await scratch.client.command({ query: 'SET max_block_size = 55' })
    await scratch.client.command({ query: 'USE system' })
    await scratch.client.command({ query: 'CREATE TEMPORARY TABLE mine (a Int8)' })
    for (let i = 0; i < 30; i += 1) {
      expect(await rows("SELECT currentDatabase() AS d, getSetting('max_block_size') = 55 AS s")).toEqual([
        { d: 'default', s: 0 },
      ])
    }
    await expect(rows('SELECT * FROM mine')).rejects.toMatchObject({ code: '60' })
  })

  it('uses the database of the client', async () => {
    await scratch.client.command({ query: 'CREATE DATABASE IF NOT EXISTS `other-db`' })
    const other = quietClient({ url: scratch.server.url, database: 'other-db' })
    expect(await (await other.query({ query: 'SELECT currentDatabase() AS d', format: 'JSONEachRow' })).json()).toEqual(
      [{ d: 'other-db' }],
    )
    await other.close()
  })

  it.each([
    ['gzip', { request: { codec: 'gzip' }, response: { codec: 'gzip' } }],
    ['zstd', { request: { codec: 'zstd' }, response: { codec: 'zstd' } }],
    ['the short form', { request: true, response: true }],
  ] as const)('takes and gives compressed bodies: %s', async (_, compression) => {
    const packed = quietClient({ url: scratch.server.url, compression: compression as never })
    const table = `packed_${randomUUID().replaceAll('-', '')}`
    await packed.command({ query: `CREATE TABLE ${table} (a UInt32) ENGINE = MergeTree ORDER BY a` })
    const values = Array.from({ length: 5000 }, (_, a) => ({ a }))
    await packed.insert({ table, values, format: 'JSONEachRow' })
    const back = await packed.query({ query: `SELECT a FROM ${table} ORDER BY a`, format: 'JSONEachRow' })
    expect(back.response_headers['content-encoding']).toBeDefined()
    expect(await back.json()).toEqual(values)
    await packed.close()
  })

  it('returns the query id and the headers of the interface', async () => {
    const query_id = randomUUID()
    const result = await scratch.client.query({ query: 'SELECT 1', query_id, format: 'CSV' })
    expect(result.query_id).toBe(query_id)
    expect(result.response_headers).toMatchObject({ 'x-clickhouse-query-id': query_id, 'x-clickhouse-format': 'CSV' })
    expect(await result.text()).toBe('1\n')
  })

  it('runs INSERT … SELECT, ALTER and mutations on its small pools', async () => {
    await scratch.client.command({ query: 'CREATE TABLE m (a UInt32) ENGINE = MergeTree ORDER BY a' })
    await scratch.client.command({ query: 'INSERT INTO m SELECT number FROM numbers(1000)' })
    await scratch.client.command({
      query: 'ALTER TABLE m DELETE WHERE a >= 10',
      clickhouse_settings: { mutations_sync: '2' },
    })
    await scratch.client.command({ query: 'OPTIMIZE TABLE m FINAL' })
    expect(await rows('SELECT count() AS c FROM m')).toEqual([{ c: 10 }])
  })
})

describe('who may ask', () => {
  it('refuses a web page and a foreign host name', async () => {
    const page = await fetch(`${scratch.server.url}/?query=SELECT+1`, { headers: { Origin: 'https://example.com' } })
    expect(page.status).toBe(403)
    expect(await page.text()).toContain('(ACCESS_DENIED)')
  })

  it('changes nothing by GET', async () => {
    const get = await fetch(`${scratch.server.url}/?query=DROP+TABLE+t`)
    expect(get.headers.get('x-clickhouse-exception-code')).toBe('164')
    expect(await rows('EXISTS TABLE t')).toEqual([{ result: 1 }])
  })

  it('asks for the password where one is set', async () => {
    const guarded = await scratchServer({ password: 'p@ss wörd' })
    try {
      await expect(guarded.client.query({ query: 'SELECT 1' })).rejects.toMatchObject({ code: '516' })
      const known = quietClient({ url: guarded.server.url, password: 'p@ss wörd' })
      expect(await (await known.query({ query: 'SELECT 1', format: 'CSV' })).text()).toBe('1\n')
      await known.close()
    } finally {
      await guarded.remove()
    }
  })

  it('shows its health', async () => {
    const health = await fetch(`${scratch.server.url}/healthz`)
    expect(await health.json()).toMatchObject({ status: 'ok', waiting: 0 })
  })
})
