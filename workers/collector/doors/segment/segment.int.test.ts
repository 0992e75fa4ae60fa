import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { AppError } from '#server/platform/errors.ts'

const stores = useStores()
let collector: TestCollector
let tenant: TestTenant

beforeAll(async () => {
  tenant = await makeTenant(stores)
  collector = await startTestCollector(stores.databaseUrl, { publicUrl: 'https://collect.example/in' })
})
afterAll(() => collector?.stop())

interface Answer {
  status: number
  headers: Headers
  body: {
    success?: boolean
    non_idempotent?: number
    rejected?: { index: number; code: string; field: string; message: string }[]
    error?: { code: string; message: string; field?: string; request_id: string }
  }
}

const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` })

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = basic(tenant.ingestKey),
): Promise<Answer> {
  const response = await fetch(collector.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
}

let sequence = 0
const message = (changes: Record<string, unknown> = {}) => {
  sequence += 1
  return { type: 'track', event: 'Step', messageId: `m${sequence}`, anonymousId: 'anon', ...changes }
}
const rowOf = async (id: string) => (await collector.rows('event')).filter((row) => row.event_id === id)
const deadLetters = async (requestId: string | null) =>
  (await collector.rows('rejected')).filter((row) => row.request_id === requestId)

describe('200 with success once durable', () => {
  it.each([
    ['/v1/track', 'Step'],
    ['/v1/t', 'Step'],
    ['/v1/identify', 'identify'],
    ['/v1/i', 'identify'],
    ['/v1/page', 'page'],
    ['/v1/p', 'page'],
    ['/v1/screen', 'screen'],
    ['/v1/s', 'screen'],
    ['/v1/alias', 'alias'],
    ['/v1/a', 'alias'],
    ['/v1/group', 'group'],
    ['/v1/g', 'group'],
  ])('one message at %s', async (path, name) => {
    const { type: _, ...sent } = message()
    expect(await post(path, sent)).toMatchObject({ status: 200, body: { success: true } })
    expect(await rowOf(sent.messageId)).toMatchObject([{ event_name: name, device_id: 'anon', app_id: tenant.appId }])
  })

  it.each(['/v1/batch', '/v1/b', '/v1/import'])('a batch at %s', async (path) => {
    const batch = [message(), message({ type: 'identify', userId: 'u1', traits: { a: 1 } })]
    expect(await post(path, { batch, sentAt: new Date() })).toMatchObject({ status: 200, body: { success: true } })
    for (const { messageId } of batch) expect(await rowOf(messageId)).toHaveLength(1)
  })

  it('a packed body, text/plain and the write key in the body, as browsers send them', async () => {
    const packed = message()
    const answer = await post('/v1/t', new Uint8Array(gzipSync(JSON.stringify(packed))), {
      ...basic(tenant.ingestKey),
      'content-encoding': 'gzip',
    })
    expect(answer.status).toBe(200)
    const inBody = message()
    expect(
      await post('/v1/t', { ...inBody, writeKey: tenant.ingestKey }, { 'content-type': 'text/plain' }),
    ).toMatchObject({ status: 200 })
    expect(await rowOf(packed.messageId)).toHaveLength(1)
    expect(await rowOf(inBody.messageId)).toHaveLength(1)
  })

  it('an empty batch is nothing to do', async () => {
    expect(await post('/v1/batch', { batch: [] })).toMatchObject({ status: 200, body: { success: true } })
  })

  it('says how many messages a retry would count twice', async () => {
    const answer = await post('/v1/batch', { batch: [message({ messageId: undefined })] })
    expect(answer.body).toEqual({ success: true, non_idempotent: 1 })
  })

  it('a message without an id but with a time gets the same id at a retry, although sentAt changed', async () => {
    const sent = { type: 'track', event: 'Derived', userId: 'derived', timestamp: '2026-11-20T10:00:00.000Z' }
    for (const sentAt of [new Date(Date.now() - 5000), new Date()]) {
      expect((await post('/v1/batch', { batch: [sent], sentAt })).body).toEqual({ success: true })
      expect((await post('/v1/track', { ...sent, sentAt })).body).toEqual({ success: true })
    }
    const ids = (await collector.rows('event')).filter((row) => row.event_name === 'Derived').map((row) => row.event_id)
    expect(ids).toHaveLength(4)
    expect(new Set(ids).size).toBe(1)
  })
})

describe('a batch with bad messages', () => {
  it("is answered 200, so that Segment's libraries do not throw the good ones away, and lists and keeps the bad ones", async () => {
    const batch = [
      message(),
      message({ event: undefined }),
      message({ anonymousId: undefined }),
      message({ type: 'dance' }),
      message({ timestamp: 'yesterday' }),
      'text',
      message({ properties: { revenue: 'a lot' } }),
      message({ properties: { revenue: 1, currency: 'XXY' } }),
      message({ properties: [1] }),
      message({ properties: { text: 'x'.repeat(33_000) } }),
      message({ userId: 'half \ud800 pair' }),
      message(),
    ]
    const answer = await post('/v1/batch', { batch })
    expect(answer).toMatchObject({ status: 200, body: { success: true } })
    expect(answer.body.rejected?.map(({ index, code, field }) => [index, code, field])).toEqual([
      [1, 'missing', 'event'],
      [2, 'missing', 'anonymousId'],
      [3, 'invalid_value', 'type'],
      [4, 'invalid_time', 'timestamp'],
      [5, 'not_an_object', ''],
      [6, 'wrong_type', 'properties.revenue'],
      [7, 'unknown_currency', 'currency'],
      [8, 'wrong_type', 'properties'],
      [9, 'too_large', ''],
      [10, 'invalid_value', 'customer_user_id'],
    ])
    const kept = await deadLetters(answer.headers.get('x-request-id'))
    expect(kept).toHaveLength(10)
    expect(JSON.parse(String(kept[0]?.raw))).toMatchObject({ type: 'track', anonymousId: 'anon' })
    expect(await rowOf(batch[11] === undefined ? '' : (batch[11] as { messageId: string }).messageId)).toHaveLength(1)
  })

  it('is answered 422 with the reason when nothing of it was acceptable', async () => {
    const answer = await post('/v1/track', message({ event: ' ' }))
    expect(answer).toMatchObject({
      status: 422,
      body: { success: false, error: { code: 'invalid', field: 'event' }, rejected: [{ index: 0, code: 'missing' }] },
    })
    expect(await deadLetters(answer.headers.get('x-request-id'))).toHaveLength(1)
  })

  it('keeps what only our checks refuse as the event it became, so that it can be replayed', async () => {
    const answer = await post('/v1/track', message({ properties: { revenue: 1, currency: 'XXY' } }))
    const [letter] = await deadLetters(answer.headers.get('x-request-id'))
    expect(JSON.parse(String(letter?.raw))).toMatchObject({ event_name: 'Step', device_id: 'anon', currency: 'XXY' })
  })
})

describe('a key in the body', () => {
  it('is in no dead letter: of a message, of a batch and its messages, of a body that cannot be read', async () => {
    const own = await makeTenant(stores)
    const secret = `${own.secretKey}:${own.appId}`
    const withKey = (writeKey: string) => message({ event: '', writeKey })
    const sent: [string, unknown, Record<string, string>][] = [
      ['/v1/track', withKey(own.ingestKey), {}],
      ['/v1/track', withKey(secret), {}],
      ['/v1/batch', { writeKey: secret, batch: [withKey(secret), withKey(own.ingestKey), 'text'] }, {}],
      ['/v1/track', `{"writeKey":"${secret}","event":`, basic(secret)],
      ['/v1/track', `{"writeKey":"${own.ingestKey}"`, basic(own.ingestKey)],
      ['/v1/track', `{"a":1}{"writeKey":"${secret}"}`, basic(secret)],
    ]
    for (const [path, body, headers] of sent) {
      expect((await post(path, body, headers)).status).toBeGreaterThanOrEqual(400)
    }
    const letters = (await collector.rows('rejected')).filter((row) => row.app_id === own.appId)
    expect(letters).toHaveLength(8)
    const kept = JSON.stringify(letters)
    for (const key of [own.ingestKey, own.secretKey]) expect(kept).not.toContain(key)
  })
})

describe('refused as a whole', () => {
  it.each<[string, () => Promise<Answer>, number, string]>([
    ['no key', () => post('/v1/track', message(), {}), 401, 'writeKey'],
    ['an unknown key', () => post('/v1/track', message(), basic('ik_unknown_key_1')), 401, 'authorization'],
    ['something that is no key', () => post('/v1/track', message(), basic('segment-key')), 401, 'authorization'],
    ['an unreadable header', () => post('/v1/track', message(), { authorization: 'Digest x' }), 401, 'authorization'],
    ['a secret key without an app', () => post('/v1/track', message(), basic(tenant.secretKey)), 400, 'x-app-id'],
    ['a batch without messages', () => post('/v1/batch', { messages: [] }), 400, 'batch'],
  ])('%s', async (_, send, status, field) => {
    expect(await send()).toMatchObject({ status, body: { error: { field } } })
  })

  it.each<[string, string | Uint8Array]>([
    ['broken JSON', '{"event":'],
    ['an array', '[{"event":"a"},{"event":"b"}]'],
    ['no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['a text', '"text"'],
    ['nothing', ''],
  ])('a body that is %s', async (_, body) => {
    const answer = await post('/v1/track', body)
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
    const kept = await deadLetters(answer.headers.get('x-request-id'))
    expect(kept).toHaveLength(body.length > 0 ? 1 : 0)
  })

  it('a message over 32 KB and a batch over 500 KB', async () => {
    const large = message({ properties: { text: 'x'.repeat(33_000) } })
    expect(await post('/v1/track', large)).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
    const many = Array.from({ length: 20 }, () => message({ properties: { text: 'x'.repeat(30_000) } }))
    expect(await post('/v1/batch', { batch: many })).toMatchObject({ status: 413 })
  })

  it('a batch of more messages than any request may hold, however small they are', async () => {
    const many = `{"batch":[${'1,'.repeat(10_000)}1]}`
    expect(await post('/v1/batch', many)).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
  })

  it('a message that is nested without end is refused, and the process goes on', async () => {
    const deep = `{"anonymousId":"a","event":"Deep","messageId":"deep","properties":${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}}`
    expect(await post('/v1/track', deep)).toMatchObject({ status: 422, body: { rejected: [{ code: 'too_deep' }] } })
    expect((await post('/v1/track', message())).status).toBe(200)
  })

  it('when the log cannot be written: 503 with Retry-After, which the libraries try again', async () => {
    collector.failAppends(new AppError('unavailable', 'The disk is full.', { retryAfter: 7 }))
    try {
      const answer = await post('/v1/track', message())
      expect(answer).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
      expect(answer.headers.get('retry-after')).toBe('7')
    } finally {
      collector.failAppends(null)
    }
  })
})

describe('whose address an event carries', () => {
  const context = (name: string, ip?: string) => ({ library: { name, version: '1' }, ...(ip ? { ip } : {}) })
  const send = async (sent: ReturnType<typeof message>, headers?: Record<string, string>) => {
    expect((await post('/v1/track', sent, headers)).status).toBe(200)
    return (await rowOf(sent.messageId))[0]
  }

  it("the connection's, where the device itself sent", async () => {
    expect(await send(message({ context: context('analytics-android', '193.99.144.80') }))).toMatchObject({
      ip: '127.0.0.1',
    })
  })

  it('none, where the device asks for none', async () => {
    expect(await send(message({ context: context('analytics.js', '0.0.0.0') }))).not.toHaveProperty('ip')
  })

  it("none, where a server sent with an ingest key: its own address is not the device's", async () => {
    expect(await send(message({ context: context('analytics-python', '193.99.144.80') }))).not.toHaveProperty('ip')
  })

  it('the one it names, where a server sent with a secret key', async () => {
    const headers = { ...basic(tenant.secretKey), 'x-app-id': tenant.appId }
    const row = await send(message({ context: context('analytics-python', '193.99.144.80') }), headers)
    expect(row).toMatchObject({ ip: '193.99.144.80', country: 'DE' })
  })
})

describe('the settings of the browser library', () => {
  const settings = (key: string) =>
    fetch(`${collector.url}/v1/projects/${key}/settings`, { headers: { origin: 'https://a.example' } })

  it("send it to the collector's public address, for scripts of any page", async () => {
    const answer = await settings(tenant.ingestKey)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://a.example')
    const body = (await answer.json()) as { integrations: Record<string, unknown> }
    expect(Object.keys(body.integrations)).toEqual(['Segment.io'])
    expect(body.integrations['Segment.io']).toMatchObject({
      apiKey: tenant.ingestKey,
      apiHost: 'collect.example/in/v1',
      protocol: 'https',
    })
  })

  it('are refused for an unknown key and for a secret key', async () => {
    expect((await settings('ik_unknown_key_2')).status).toBe(401)
    expect((await settings(tenant.secretKey)).status).toBe(401)
    expect((await settings('')).status).toBe(401)
  })

  it('and its requests are allowed by the preflight', async () => {
    const answer = await fetch(`${collector.url}/v1/t`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
    })
    expect(answer.status).toBe(204)
    const allowed = answer.headers.get('access-control-allow-headers') ?? ''
    for (const header of ['authorization', 'content-type', 'x-retry-count']) expect(allowed).toContain(header)
  })

  it('and an address takes no other method', async () => {
    const answer = await fetch(`${collector.url}/v1/track`)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })
})
