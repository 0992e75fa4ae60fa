import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { AppError } from '#server/platform/errors.ts'

const stores = useStores()
let collector: TestCollector
let tenant: TestTenant

beforeAll(async () => {
  tenant = await makeTenant(stores)
  collector = await startTestCollector(stores.databaseUrl)
})
afterAll(() => collector?.stop())

let sequence = 0
const event = (changes: Record<string, unknown> = {}) => {
  sequence += 1
  return { event_id: `e${sequence}`, event_name: 'level_up', event_time: Date.now(), device_id: 'd1', ...changes }
}

interface Answer {
  status: number
  headers: Headers
  body: {
    accepted?: number
    non_idempotent?: number
    rejected?: { index: number; code: string; field: string; message: string }[]
    error?: { code: string; message: string; field?: string; request_id: string }
  }
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  path = `/v1/events?key=${tenant.ingestKey}`,
): Promise<Answer> {
  const response = await fetch(collector.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body,
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
}

const json = { 'content-type': 'application/json' }
const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join('\n')
const bytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer)

describe('202: what is accepted is in the log before the answer', () => {
  it("lines, an object, an array, and a beacon's plain text", async () => {
    const sent = [event(), event(), event(), event(), event(), event()]
    expect((await post(lines(sent[0], sent[1]))).body).toEqual({ accepted: 2, rejected: [] })
    expect((await post(JSON.stringify(sent[2], null, 2), json)).body).toEqual({ accepted: 1, rejected: [] })
    expect((await post(JSON.stringify([sent[3]]), { 'content-type': 'text/plain;charset=UTF-8' })).status).toBe(202)
    expect((await post(lines(sent[4], sent[5]), { 'content-type': 'text/plain' })).body).toEqual({
      accepted: 2,
      rejected: [],
    })
    const ids = (await collector.rows('event')).map((row) => row.event_id)
    expect(ids).toEqual(expect.arrayContaining(sent.map((each) => each.event_id)))
  })

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['deflate', deflateSync],
  ] as const)('a body packed with %s', async (encoding, pack) => {
    const sent = event()
    expect(await post(bytes(pack(lines(sent))), { 'content-encoding': encoding })).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    })
    expect((await collector.rows('event')).some((row) => row.event_id === sent.event_id)).toBe(true)
  })

  it('the good events of a batch, while the bad ones go to the dead letters with reason and field', async () => {
    const good = [event(), event()]
    const answer = await post(
      [lines(good[0]), '{"broken', lines(event({ revenue: 5, currency: 'ABC' })), lines(good[1])].join('\n'),
    )
    expect(answer).toMatchObject({
      status: 202,
      body: {
        accepted: 2,
        rejected: [
          { index: 1, code: 'invalid_json', field: '' },
          { index: 2, code: 'unknown_currency', field: 'currency' },
        ],
      },
    })
    const requestId = answer.headers.get('x-request-id')
    expect(requestId).toMatch(/^req_/)
    const dead = (await collector.rows('rejected')).filter((row) => row.request_id === requestId)
    expect(dead).toMatchObject([
      { org_id: tenant.orgId, app_id: tenant.appId, code: 'invalid_json', raw: '{"broken' },
      { code: 'unknown_currency', field: 'currency' },
    ])
  })

  it('10,000 events, and how many of them a retry would count twice', async () => {
    const body = Array.from({ length: 10_000 }, () => '{"event_name":"a","device_id":"d"}').join('\n')
    expect((await post(body)).body).toEqual({ accepted: 10_000, rejected: [], non_idempotent: 10_000 })
  })

  it("a server's own name for its request, and none of a device's", async () => {
    const name = { 'x-request-id': 'imp_1.batch-7' }
    const headers = { authorization: `Bearer ${tenant.secretKey}`, 'x-app-id': tenant.appId }
    const named = await post(lines(event({ event_id: 'named' })), { ...headers, ...name })
    expect(named.headers.get('x-request-id')).toBe('imp_1.batch-7')
    const found = (await collector.rows('event')).find((row) => row.event_id === 'named')
    expect(found?.request_id).toBe('imp_1.batch-7')
    expect((await post(lines(event()), name)).headers.get('x-request-id')).toMatch(/^req_/)
  })

  it('touchpoints of a server, with the origin of the link they name', async () => {
    const headers = { authorization: `Bearer ${tenant.secretKey}`, 'x-app-id': tenant.appId }
    const touch = {
      touchpoint_id: 't1',
      touchpoint_type: 'click',
      touchpoint_time: Date.now(),
      link_id: tenant.linkId,
      ip: '8.8.8.8',
    }
    const other = await makeTenant(stores)
    const foreign = { ...touch, touchpoint_id: 't2', link_id: other.linkId }
    const answer = await post(lines(touch, foreign), headers, '/v1/touchpoints')
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: 1, rejected: [{ index: 1, code: 'unknown_link', field: 'link_id' }] },
    })
    expect(await collector.rows('touchpoint')).toMatchObject([
      { touchpoint_id: 't1', media_source: 'ads_net', campaign: 'spring', country: 'US', app_id: tenant.appId },
    ])
  })

  it("believes an event's own ip only from a server", async () => {
    const [fromDevice, fromServer] = [event({ ip: '193.99.144.80' }), event({ ip: '193.99.144.80' })]
    await post(lines(fromDevice))
    await post(
      lines(fromServer),
      { authorization: `Bearer ${tenant.secretKey}`, 'x-app-id': tenant.appId },
      '/v1/events',
    )
    const rows = await collector.rows('event')
    expect(rows.find((row) => row.event_id === fromDevice.event_id)?.ip).toBe('127.0.0.1')
    expect(rows.find((row) => row.event_id === fromServer.event_id)).toMatchObject({
      ip: '193.99.144.80',
      country: 'DE',
    })
  })
})

describe('400: a body that cannot be read', () => {
  it.each<[string, () => Promise<Answer>, RegExp]>([
    ['broken JSON', () => post('{"event_name":', json), /not readable JSON.*x-ndjson/],
    ['lines sent as JSON', () => post(lines(event(), event()), json), /x-ndjson/],
    ['JSON that is no UTF-8', () => post(new Uint8Array([0x7b, 0xff, 0x7d]), json), /UTF-8/],
    ['an empty body', () => post(''), /holds no events/],
    ['blank lines', () => post('\n\n  \n'), /holds no events/],
    ['an empty array', () => post('[]', json), /holds no events/],
    ['bytes that are no gzip', () => post('plain', { 'content-encoding': 'gzip' }), /not valid gzip/],
    [
      'half a gzip',
      () => post(bytes(gzipSync(lines(event())).subarray(0, 40)), { 'content-encoding': 'gzip' }),
      /not valid gzip/,
    ],
  ])('%s', async (_what, send, message) => {
    expect(await send()).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', message: expect.stringMatching(message) } },
    })
  })

  it('keeps an unreadable JSON body as a dead letter', async () => {
    const { headers } = await post('[{"event_name": oops}]', json)
    const dead = (await collector.rows('rejected')).filter((row) => row.request_id === headers.get('x-request-id'))
    expect(dead).toMatchObject([{ code: 'invalid_json', raw: '[{"event_name": oops}]' }])
  })
})

describe('413: a body that is too large', () => {
  const filler = (size: number) => `{"event_name":"a","device_id":"d","properties":{"a":"${'x'.repeat(size)}"}}`

  it('over 10 MB as it is, and exactly 10 MB is read', async () => {
    const envelope = filler(0).length
    expect((await post(filler(10 * 1024 * 1024 - envelope))).status).toBe(422)
    expect(await post(filler(10 * 1024 * 1024 - envelope + 1))).toMatchObject({
      status: 413,
      body: { error: { code: 'too_large' } },
    })
  })

  it.each([
    ['gzip', (bomb: Buffer) => gzipSync(bomb, { level: 1 })],
    ['br', (bomb: Buffer) => brotliCompressSync(bomb, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['zstd', (bomb: Buffer) => zstdCompressSync(bomb)],
  ] as const)('a %s bomb is stopped while it is unpacked', async (encoding, pack) => {
    const packed = pack(Buffer.alloc(120 * 1024 * 1024, 0x20))
    expect(packed.length).toBeLessThan(1024 * 1024)
    const before = process.memoryUsage().rss
    expect((await post(bytes(packed), { 'content-encoding': encoding })).status).toBe(413)
    expect(process.memoryUsage().rss - before).toBeLessThan(90 * 1024 * 1024)
  })

  it('over 10,000 events, in lines and in an array', async () => {
    const many = Array.from({ length: 10_001 }, () => ({ event_name: 'a', device_id: 'd' }))
    expect((await post(lines(...many))).status).toBe(413)
    expect((await post(JSON.stringify(many), json)).status).toBe(413)
  })
})

describe('415: a body of another kind', () => {
  it.each<[Record<string, string>, string]>([
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'content-type'],
    [{ 'content-type': 'text/csv' }, 'content-type'],
    [{ 'content-type': 'application/json; charset=iso-8859-1' }, 'content-type'],
    [{ 'content-encoding': 'lzma' }, 'content-encoding'],
    [{ 'content-encoding': 'gzip, gzip' }, 'content-encoding'],
  ])('%j', async (headers, field) => {
    expect(await post(lines(event()), headers)).toMatchObject({
      status: 415,
      body: { error: { code: 'unsupported_media_type', field } },
    })
  })
})

describe('422: nothing acceptable', () => {
  it('answers with the same body as 202, and keeps the dead letters', async () => {
    const answer = await post(lines(event({ device_id: '' }), event({ event_time: Date.now() + 90_000_000 }), 5))
    expect(answer).toMatchObject({
      status: 422,
      body: {
        accepted: 0,
        rejected: [
          { index: 0, code: 'missing', field: 'device_id', message: expect.stringContaining('device_id') },
          { index: 1, code: 'in_future', field: 'event_time' },
          { index: 2, code: 'not_an_object', field: '' },
        ],
      },
    })
    const dead = (await collector.rows('rejected')).filter(
      (row) => row.request_id === answer.headers.get('x-request-id'),
    )
    expect(dead).toHaveLength(3)
  })
})

describe('503: the log cannot take it', () => {
  it('acknowledges nothing, says when to come back, and takes the retry', async () => {
    const sent = event()
    collector.failAppends(new AppError('unavailable', 'The disk is full.', { retryAfter: 5 }))
    const answer = await post(lines(sent))
    const ready = await fetch(`${collector.url}/readyz`)
    collector.failAppends(null)
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(ready.status).toBe(503)
    expect((await collector.rows('event')).some((row) => row.event_id === sent.event_id)).toBe(false)
    expect((await post(lines(sent))).status).toBe(202)
    expect((await fetch(`${collector.url}/readyz`)).status).toBe(200)
  })

  it('hides what failed inside behind a 500', async () => {
    collector.failAppends(new TypeError('secret path /var/x'))
    const answer = await post(lines(event()))
    collector.failAppends(null)
    expect(answer).toMatchObject({ status: 500, body: { error: { code: 'internal' } } })
    expect(JSON.stringify(answer.body)).not.toContain('/var/x')
  })
})

describe('429: too much', () => {
  it("past the key's events a second, with Retry-After; another key is not slowed", async () => {
    const [busy, calm] = [await makeTenant(stores), await makeTenant(stores)]
    const slow = await startTestCollector(stores.databaseUrl, { limits: { eventsPerKey: 5 } })
    try {
      const send = (key: string, count: number) =>
        fetch(`${slow.url}/v1/events?key=${key}`, {
          method: 'POST',
          body: lines(...Array.from({ length: count }, () => event())),
        })
      const refused = await send(busy.ingestKey, 6)
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited' } })
      expect((await send(calm.ingestKey, 5)).status).toBe(202)
      expect(await slow.rows('event')).toHaveLength(5)
    } finally {
      await slow.stop()
    }
  })

  it.each([
    ['past the requests of one address', { requestsPerIp: 3 }, 'sends more requests'],
    ['past the tries of one address with wrong keys', { wrongKeysPerIp: 3 }, 'keys or links that do not exist'],
  ])('%s', async (_what, limits, message) => {
    const slow = await startTestCollector(stores.databaseUrl, { limits })
    try {
      const send = () =>
        fetch(`${slow.url}/v1/events?key=ik_cccccccccccccccccccc`, { method: 'POST', body: lines(event()) })
      const answers = await Promise.all(Array.from({ length: 12 }, send))
      const refused = answers.filter(({ status }) => status === 429)
      expect(refused.length).toBeGreaterThan(0)
      expect(answers.filter(({ status }) => status === 401).length).toBe(answers.length - refused.length)
      expect(await refused[0]?.json()).toMatchObject({ error: { message: expect.stringContaining(message) } })
    } finally {
      await slow.stop()
    }
  })
})

it('a key that is in use is taken while others behind its address try wrong ones', async () => {
  const tenant = await makeTenant(stores)
  const slow = await startTestCollector(stores.databaseUrl, { limits: { wrongKeysPerIp: 2 } })
  /** Keys that were found in memory so far. */
  const hits = async () => {
    const found = (await slow.registry.getSingleMetric('collector_lookups_total')?.get())?.values ?? []
    return found.find(({ labels }) => labels.what === 'key' && labels.result === 'hit')?.value ?? 0
  }
  const send = async (key: string) =>
    (
      await fetch(`${slow.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'x-app-id': tenant.appId },
        body: lines(event()),
      })
    ).status
  try {
    const good = [tenant.ingestKey, tenant.secretKey]
    // What is looked up while the collector begins to listen for changes is not held yet.
    for (const key of good) {
      const before = await hits()
      await vi.waitFor(async () => {
        expect(await send(key)).toBe(202)
        expect(await hits()).toBeGreaterThan(before)
      }, 5_000)
    }
    const tried = await Promise.all(
      Array.from({ length: 90 }, (_, n) => send(n % 3 === 0 ? (good[n % 2] ?? '') : `ik_wrong_key_number_${n}`)),
    )
    expect(tried.filter((status) => status === 429).length).toBeGreaterThan(0)
    expect(tried.filter((_, n) => n % 3 === 0)).toEqual(Array.from({ length: 30 }, () => 202))
  } finally {
    await slow.stop()
  }
})

describe('browsers', () => {
  it('may send from any page: preflight, answer and errors', async () => {
    const origin = 'https://shop.example'
    const preflight = await fetch(`${collector.url}/v1/events`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization')
    for (const { headers } of [
      preflight,
      await post(lines(event()), { origin }),
      await post('x', { origin }, '/v1/events'),
    ]) {
      expect(headers.get('access-control-allow-origin')).toBe(origin)
    }
    const touchpoints = await post('{}', { origin }, '/v1/touchpoints')
    expect(touchpoints.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('the engine', () => {
  it('takes every kind of row as it stands in the log', async () => {
    await post(
      lines(
        event({
          event_id: 'full "quoted" 🎉',
          platform: 'ios',
          revenue: 0.1 + 0.2,
          currency: 'EUR',
          install_referrer: 'a=b&c=%20',
          referrer_click_time: Date.now(),
          install_begin_time_server: '2026-10-25T10:00:00.123456Z',
          properties: { nested: { list: [1, 'two', null], text: 'tab\tquote"back\\ \u0000' } },
          consent: { ads: false },
          level: 12345678901234567890n.toString(),
        }),
      ),
    )
    await fetch(`${collector.url}/c/${tenant.linkId}?sub1=a"b&clickid=n1`, { redirect: 'manual' })
    const load = async (table: string, kind: 'event' | 'touchpoint' | 'rejected') => {
      const rows = await collector.rows(kind)
      expect(rows.length).toBeGreaterThan(0)
      await stores.clickhouse.insert({
        table,
        values: rows,
        format: 'JSONEachRow',
        clickhouse_settings: { date_time_input_format: 'best_effort', input_format_skip_unknown_fields: 0 },
      })
      const answer = await stores.clickhouse.query({
        query: `select count() as n from ${table}`,
        format: 'JSONEachRow',
      })
      expect(Number((await answer.json<{ n: string }>())[0]?.n)).toBe(rows.length)
    }
    await load('events', 'event')
    await load('touchpoints', 'touchpoint')
    await load('rejected_events', 'rejected')
    const stored = await stores.clickhouse.query({
      query: `select toString(revenue) as revenue, currency, toString(install_begin_time_server) as begin, properties
        from events where event_id = 'full "quoted" 🎉'`,
      format: 'JSONEachRow',
    })
    const [row] = await stored.json<{ revenue: string; currency: string; begin: string; properties: string }>()
    expect(row).toMatchObject({ revenue: '0.3', currency: 'EUR', begin: '2026-10-25 10:00:00.123' })
    expect(JSON.parse(row?.properties ?? '')).toEqual({
      level: '12345678901234567890',
      nested: { list: [1, 'two', null], text: 'tab\tquote"back\\ \u0000' },
    })
  })
})
