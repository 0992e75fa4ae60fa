import { request } from 'node:http'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'

const stores = useStores()
let collector: TestCollector
let tenant: TestTenant

beforeAll(async () => {
  tenant = await makeTenant(stores)
  collector = await startTestCollector(stores.databaseUrl)
})
afterAll(() => collector?.stop())

/** Sends bytes as they are and returns everything that comes back until the connection closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(collector.url).port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

const event = JSON.stringify({ event_name: 'open', device_id: 'd1', event_time: Date.now() })

describe('the operator sees', () => {
  it('/healthz, /readyz and /metrics with what was accepted and refused', async () => {
    await fetch(`${collector.url}/v1/events?key=${tenant.ingestKey}`, { method: 'POST', body: `${event}\n{}\n` })
    expect(await (await fetch(`${collector.url}/healthz`)).json()).toEqual({ status: 'ok' })
    const ready = await fetch(`${collector.url}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { ready: true, checks: { postgres: 'ok', event_log: 'ok' } },
    ])
    const text = await (await fetch(`${collector.url}/metrics`)).text()
    expect(text).toContain('collector_accepted_total{kind="event"} 1')
    expect(text).toContain('collector_rejected_total{kind="event",code="missing"} 1')
    expect(text).toMatch(/collector_appended_bytes_total [1-9]/)
    expect(text).toContain('collector_request_seconds_count{route="/v1/events",status="202"} 1')
    expect(text).toMatch(/collector_lookups_total\{what="key",result="miss"\} 1/)
  })
})

describe('a long answer', () => {
  const refused = Array.from({ length: 50 }, () => '{}').join('\n')
  const answerTo = (acceptEncoding: string | undefined) =>
    new Promise<{ encoding: string | undefined; bytes: Buffer }>((resolve, reject) => {
      const sent = request(
        `${collector.url}/v1/events?key=${tenant.ingestKey}`,
        { method: 'POST', headers: acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding } },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('end', () =>
            resolve({ encoding: answer.headers['content-encoding'], bytes: Buffer.concat(chunks) }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(refused)
    })

  it('is packed for clients that take gzip, and says the same', async () => {
    const [plain, packed] = [await answerTo(undefined), await answerTo('br, gzip;q=0.5')]
    expect([plain.encoding, packed.encoding]).toEqual([undefined, 'gzip'])
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 4)
    expect(JSON.parse(gunzipSync(packed.bytes).toString())).toEqual(JSON.parse(plain.bytes.toString()))
  })

  it.each(['br', 'gzip;q=0', 'identity, gzip; q=0.0'])('is not packed for a client that says %s', async (accepted) => {
    expect((await answerTo(accepted)).encoding).toBeUndefined()
  })
})

describe('requests that fit nothing', () => {
  it('an unknown address is 404, an unknown method 405 with what is allowed', async () => {
    expect((await fetch(`${collector.url}/nothing`)).status).toBe(404)
    const get = await fetch(`${collector.url}/v1/events`)
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    expect((await fetch(`${collector.url}/c/x`, { method: 'DELETE' })).status).toBe(405)
    expect((await fetch(`${collector.url}/metrics`, { method: 'POST' })).status).toBe(405)
  })

  it('bytes that are no HTTP get a readable 400 and the next caller is served', async () => {
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request[\s\S]*"code":"bad_request"/)
    expect(await raw(`GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
    expect((await fetch(`${collector.url}/healthz`)).status).toBe(200)
  })

  it('a body that is cut off is not acknowledged', async () => {
    const before = (await collector.rows('event')).length
    const port = Number(new URL(collector.url).port)
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(
          `POST /v1/events?key=${tenant.ingestKey} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n${event}\n`,
        )
        setTimeout(() => socket.destroy(), 100)
      })
      socket.on('close', () => resolve())
    })
    expect((await fetch(`${collector.url}/healthz`)).status).toBe(200)
    expect(await collector.rows('event')).toHaveLength(before)
  })

  it('a request id of a stranger is not taken over', async () => {
    const response = await fetch(`${collector.url}/healthz`, { headers: { 'x-request-id': 'stranger-12345' } })
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })
})

describe('a stop', () => {
  it('finishes the request under way, refuses new ones and ends in good time', async () => {
    const own = await startTestCollector(stores.databaseUrl)
    const answered = new Promise<number>((resolve, reject) => {
      const slow = request(`${own.url}/v1/events?key=${tenant.ingestKey}`, { method: 'POST' }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      slow.on('error', reject)
      slow.write(`${event}\n`)
      setTimeout(() => slow.end(`${event}\n`), 500)
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const started = Date.now()
    const stopped = own.stop()
    await expect(fetch(`${own.url}/healthz`)).rejects.toThrow()
    expect(await answered).toBe(202)
    await stopped
    expect(Date.now() - started).toBeLessThan(5_000)
  })
})
