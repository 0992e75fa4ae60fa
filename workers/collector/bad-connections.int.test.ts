import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { head, type RawConnection, rawConnection } from './testing/raw.ts'

const stores = useStores()
const patience = { headMs: 1_000, requestMs: 4_000, idleMs: 1_500, checkMs: 200 }
let collector: TestCollector
let tenant: TestTenant

beforeAll(async () => {
  tenant = await makeTenant(stores)
  collector = await startTestCollector(stores.databaseUrl, { patience })
})
afterAll(() => collector?.stop())

let sequence = 0
const event = () => `{"event_id":"raw-${++sequence}","event_name":"n","device_id":"d"}`
const open = () => rawConnection(collector.url)

async function post(): Promise<{ status: number; ms: number }> {
  const started = performance.now()
  const { status } = await fetch(`${collector.url}/v1/events?key=${tenant.ingestKey}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: event(),
  })
  return { status, ms: performance.now() - started }
}

/** The median time, in milliseconds, of requests one after the other, all of which are taken. */
async function medianOf(requests: number): Promise<number> {
  const answers: Awaited<ReturnType<typeof post>>[] = []
  for (let i = 0; i < requests; i += 1) answers.push(await post())
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202))
  return answers.map(({ ms }) => ms).toSorted((a, b) => a - b)[Math.floor(requests / 2)] ?? 0
}

describe('a request that announces no body', () => {
  it('is told at once that there are no events in it, and its connection stays', async () => {
    const { socket, closed } = await open()
    const bare = `POST /v1/events?key=${tenant.ingestKey} HTTP/1.1\r\nhost: a\r\n`
    socket.write(`${bare}\r\n`)
    socket.write(`${bare}connection: close\r\n\r\n`)
    const answers = (await closed).match(/HTTP\/1.1 \d+/g)
    expect(answers).toEqual(['HTTP/1.1 400', 'HTTP/1.1 400'])
  })
})

describe('a connection that is slow', () => {
  it('with its head is answered 408 and closed', async () => {
    const { socket, closed } = await open()
    socket.write('POST /v1/events HTTP/1.1\r\nhost: a\r\n')
    const drip = setInterval(() => socket.write('x-a: b\r\n'), 100)
    expect(await closed).toMatch(/^HTTP\/1.1 408 .*took too long to arrive/s)
    clearInterval(drip)
  })

  it('with its body is answered 408 once its whole time is over, however steadily it drips', async () => {
    const { socket, closed } = await open()
    socket.write(head(tenant.ingestKey, { 'content-length': 100_000 }))
    const drip = setInterval(() => socket.write(' '), 100)
    expect(await closed).toMatch(/^HTTP\/1.1 408 /)
    clearInterval(drip)
  }, 15_000)

  it('and then silent in the middle of its body is answered 408 for that alone', async () => {
    const long = { ...patience, requestMs: 600_000 }
    const patient = await startTestCollector(stores.databaseUrl, { patience: long })
    try {
      const { socket, closed } = await rawConnection(patient.url)
      socket.write(`${head(tenant.ingestKey, { 'content-length': 100_000 })}{"event`)
      expect(await closed).toMatch(/^HTTP\/1.1 408 /)
    } finally {
      await patient.stop()
    }
  })
})

describe('a connection that is half closed', () => {
  it('after a whole request still gets its answer', async () => {
    const { socket, closed } = await open()
    const body = event()
    socket.end(head(tenant.ingestKey, { 'content-length': body.length, connection: 'close' }) + body)
    expect(await closed).toMatch(/^HTTP\/1.1 202 .*"accepted":1/s)
  })

  it('in the middle of a body stores nothing of it', async () => {
    const before = (await collector.rows('event')).length
    const { socket, closed } = await open()
    socket.end(`${head(tenant.ingestKey, { 'content-length': 500 })}${event()}\n`)
    expect(await closed).toMatch(/^(HTTP\/1.1 400 |$)/)
    expect(await collector.rows('event')).toHaveLength(before)
  })

  it('before a request keeps nothing open', async () => {
    const { socket, closed } = await open()
    socket.end()
    expect(await closed).toBe('')
  })
})

describe('a head that is wrong', () => {
  it.each([
    ['one header of 20 KB', `x-long: ${'a'.repeat(20_000)}\r\n`],
    ['2,000 headers', Array.from({ length: 2_000 }, (_, i) => `x-${i}: ${i}\r\n`).join('')],
    ['an endless one', 'x-end: a\r\n'.repeat(200_000)],
  ])('by %s is answered 431 and closed', async (_what, headers) => {
    const { socket, closed } = await open()
    socket.write(`POST /v1/events HTTP/1.1\r\nhost: a\r\n${headers}`)
    // Where the client still sends when the connection closes, its system may drop the answer.
    expect(await closed).toMatch(/^(HTTP\/1.1 431 |$)/)
  })

  it('by 2,000 headers says so to a client that stops and listens', async () => {
    const { socket, closed } = await open()
    socket.write(`POST /v1/events HTTP/1.1\r\nhost: a\r\n${'x-a: bbbbbbbb\r\n'.repeat(1_200)}`)
    expect(await closed).toMatch(/^HTTP\/1.1 431 /)
  })

  it.each([
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['two lengths', 'POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n'],
    [
      'a length and chunks',
      'POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
    ],
    ['a negative length', 'POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n'],
    ['a bare line feed in a header', 'POST /v1/events HTTP/1.1\r\nhost: a\r\nx-a: b\nx-b: c\r\n\r\n'],
  ])('by %s is answered 400 and closed', async (_what, text) => {
    const { socket, closed } = await open()
    socket.write(text, 'latin1')
    expect(await closed).toMatch(/^HTTP\/1.1 400 .*"code":"bad_request"/s)
  })

  it('by an announced body past every bound is refused before it is read', async () => {
    const { socket, until } = await open()
    socket.write(head(tenant.ingestKey, { 'content-length': 10 * 1024 ** 3 }))
    expect(await until('}}')).toMatch(/^HTTP\/1.1 413 /)
    socket.destroy()
  }, 15_000)
})

describe('others', () => {
  it('are answered as before while hundreds of connections drip, stall and send nonsense', async () => {
    const before = await medianOf(30)
    const rss = process.memoryUsage().rss
    const connections: RawConnection[] = []
    for (let i = 0; i < 300; i += 1) {
      const connection = await open()
      connections.push(connection)
      if (i % 3 === 0) connection.socket.write('POST /v1/events HTTP/1.1\r\nhost: a\r\n')
      else if (i % 3 === 1) connection.socket.write(`${head(tenant.ingestKey, { 'content-length': 9_000_000 })}{"`)
      else connection.socket.write('\x00\xff nonsense\r\n\r\n')
    }
    const during = await medianOf(30)
    expect(process.memoryUsage().rss - rss).toBeLessThan(100 * 1024 * 1024)
    // And each of them is closed by us in the end.
    await Promise.all(connections.map(({ closed }) => closed))
    // Against the same machine without them: generous, because what else runs on it comes and goes.
    expect(during).toBeLessThan(250 + 20 * Math.max(before, await medianOf(30)))
  }, 60_000)
})
