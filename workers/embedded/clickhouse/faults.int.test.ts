import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, quietClient, type ScratchServer, scratchServer } from './testing/scratch-server.ts'

const endless = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))'
let scratch: ScratchServer

beforeAll(async () => {
  scratch = await scratchServer()
})
afterAll(() => scratch.remove())

async function load(): Promise<{ running: number; waiting: number }> {
  const response = await fetch(`${scratch.server.url}/healthz`)
  return (await response.json()) as { running: number; waiting: number }
}

describe('errors', () => {
  it.each([
    ['SELECT * FROM nope', '60', 'UNKNOWN_TABLE', 404],
    ['SELEC 1', '62', 'SYNTAX_ERROR', 400],
    ['SELECT 1; SELECT 2', '62', 'SYNTAX_ERROR', 400],
    ['SELECT nope', '47', 'UNKNOWN_IDENTIFIER', 404],
    ["SELECT throwIf(1, 'boom')", '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', 500],
    ['DROP TABLE nope', '60', 'UNKNOWN_TABLE', 404],
  ])('answers %s as ClickHouse does', async (query, code, type, status) => {
    for (const format of ['JSON', 'JSONEachRow'] as const) {
      const asked = query.startsWith('DROP')
        ? scratch.client.command({ query })
        : scratch.client.query({ query, format: format })
      await expect(asked).rejects.toMatchObject({ code, type })
    }
    const plain = await fetch(scratch.server.url, { method: 'POST', body: query })
    expect(plain.status).toBe(status)
    expect(plain.headers.get('x-clickhouse-exception-code')).toBe(code)
    expect(await plain.text()).toMatch(new RegExp(`^Code: ${code}\\. DB::Exception: .*\\(${type}\\)\\n$`, 's'))
  })

  it('names an unknown setting, refuses sessions and roles', async () => {
    await expect(
      scratch.client.query({ query: 'SELECT 1', clickhouse_settings: { no_such_setting: 1 } as never }),
    ).rejects.toMatchObject({ code: '115' })
    await expect(scratch.client.query({ query: 'SELECT 1', session_id: 's' })).rejects.toMatchObject({ code: '48' })
    await expect(scratch.client.query({ query: 'SELECT 1', role: 'r' })).rejects.toMatchObject({ code: '48' })
  })

  const late = "SELECT number, throwIf(number = 900000, 'late') FROM numbers(2000000)"

  it('reports an error after the first rows to whoever streams', async () => {
    const result = await scratch.client.query({
      query: late,
      format: 'JSONEachRow',
      clickhouse_settings: { max_block_size: '50000' },
    })
    let count = 0
    const read = async () => {
      for await (const batch of result.stream()) count += batch.length
    }
    // The client reads the error's words only when they arrive in one piece; it is an error either way.
    await expect(read()).rejects.toThrow(/late|aborted|error in the stream/)
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThan(2_000_000)
  })

  it.each([undefined, { response: true, request: false }])(
    'never lets a result that broke off pass as whole text (compression %o)',
    async (compression) => {
      const client = quietClient({ url: scratch.server.url, compression })
      const result = await client.query({
        query: late,
        format: 'CSV',
        clickhouse_settings: { max_block_size: '50000' },
      })
      await expect(result.text()).rejects.toThrow()
      await client.close()
    },
  )

  it('answers a late error with its status when the whole result is awaited', async () => {
    await expect(
      scratch.client.query({ query: late, format: 'CSV', clickhouse_settings: { wait_end_of_query: 1 } }),
    ).rejects.toMatchObject({ code: '395' })
  })

  it('reports the row of bad data and inserts nothing of a small batch', async () => {
    await scratch.client.command({ query: 'CREATE TABLE bad (a UInt32) ENGINE = MergeTree ORDER BY a' })
    const inserted = scratch.client.insert({ table: 'bad', values: [{ a: 1 }, { a: 'x' }], format: 'JSONEachRow' })
    await expect(inserted).rejects.toMatchObject({ code: '27', message: expect.stringContaining('row 2') })
    await expect(inserted).rejects.not.toMatchObject({ message: expect.stringContaining('spool') })
    const left = await scratch.client.query({ query: 'SELECT count() FROM bad', format: 'CSV' })
    expect(await left.text()).toBe('0\n')
  })
})

describe('a client that goes away', () => {
  it.each([
    ['while the engine counts', endless],
    ['while the engine plans', `SELECT (${endless}) AS slow`],
    ['while a document is prepared', `${endless} FORMAT JSON`],
    ['during INSERT … SELECT', "INSERT INTO FUNCTION null('a UInt64') SELECT number FROM numbers(1000000000000)"],
  ])('leaves no query behind %s', async (_, query) => {
    const leaving = new AbortController()
    const asked = scratch.client.exec({ query, abort_signal: leaving.signal })
    await eventually(async () => (await load()).running === 1, 5000, 'the query runs')
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await eventually(async () => (await load()).running === 0, 5000, 'the query ends')
    const left = await scratch.client.query({
      query: "SELECT count() FROM system.processes WHERE query LIKE '%10000000000%' AND query NOT LIKE '%processes%'",
      format: 'CSV',
    })
    expect(await left.text()).toBe('0\n')
  })

  it('stops a streamed result that is not read on', async () => {
    const url = new URL(scratch.server.url)
    const asked = request({ host: url.hostname, port: url.port, method: 'POST', path: '/' })
    asked.on('error', () => {})
    asked.end('SELECT number, repeat(toString(number), 20) FROM numbers(1000000000) FORMAT TSV')
    await new Promise<void>((resolve) =>
      asked.on('response', (response) =>
        response.once('data', () => {
          response.pause()
          resolve()
        }),
      ),
    )
    expect((await load()).running).toBe(1)
    asked.destroy()
    await eventually(async () => (await load()).running === 0, 5000, 'the query ends')
  })

  it('never inserts part of a body that broke off', async () => {
    await scratch.client.command({ query: 'CREATE TABLE part (a UInt32) ENGINE = MergeTree ORDER BY a' })
    const url = new URL(scratch.server.url)
    const asked = request({
      host: url.hostname,
      port: url.port,
      method: 'POST',
      path: `/?query=${encodeURIComponent('INSERT INTO part FORMAT JSONEachRow')}`,
      headers: { 'Transfer-Encoding': 'chunked' },
    })
    asked.on('error', () => {})
    for (let i = 0; i < 100; i += 1) asked.write('{"a":1}\n'.repeat(1000))
    await new Promise((resolve) => setTimeout(resolve, 100))
    asked.destroy()
    await new Promise((resolve) => setTimeout(resolve, 300))
    const left = await scratch.client.query({ query: 'SELECT count() FROM part', format: 'CSV' })
    expect(await left.text()).toBe('0\n')
  })
})

describe('many at once', () => {
  it('answers quick queries while slow ones plan and run', async () => {
    const leaving = new AbortController()
    const slow = [endless, `SELECT (${endless}) AS slow`].map((query) =>
      scratch.client.exec({ query, abort_signal: leaving.signal }).catch(() => undefined),
    )
    await eventually(async () => (await load()).running === 2, 5000, 'the slow queries run')
    const times: number[] = []
    for (let i = 0; i < 30; i += 1) {
      const start = performance.now()
      const result = await scratch.client.query({ query: `SELECT ${i} AS i`, format: 'JSONEachRow' })
      expect(await result.json()).toEqual([{ i }])
      times.push(performance.now() - start)
    }
    leaving.abort()
    await Promise.all(slow)
    times.sort((a, b) => a - b)
    expect(times[15]).toBeLessThan(500)
  })

  it('runs 200 queries at a time on its few sessions, each with its own parameters', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const result = await scratch.client.query({
          query: 'SELECT {i:UInt32} AS i',
          query_params: { i },
          format: 'JSONEachRow',
        })
        return (await result.json<{ i: number }>())[0]?.i
      }),
    )
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })

  it('refuses with code 202 what neither runs nor may wait', async () => {
    const small = await scratchServer({ maxRunning: 1, maxWaiting: 1 })
    const leaving = new AbortController()
    try {
      const busy = [0, 1].map(() =>
        small.client.exec({ query: endless, abort_signal: leaving.signal }).catch(() => undefined),
      )
      const state = async () =>
        (await (await fetch(`${small.server.url}/healthz`)).json()) as { running: number; waiting: number }
      await eventually(async () => (await state()).waiting === 1, 5000, 'one waits')
      const refused = await fetch(small.server.url, { method: 'POST', body: 'SELECT 1' })
      expect([refused.status, refused.headers.get('x-clickhouse-exception-code')]).toEqual([503, '202'])
      leaving.abort()
      await Promise.all(busy)
      await eventually(async () => (await state()).running === 0, 5000, 'the place is free')
      expect(await (await small.client.query({ query: 'SELECT 1', format: 'CSV' })).text()).toBe('1\n')
    } finally {
      await small.remove()
    }
  })
})
