import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { INDEX_ENTRY, isSoundPacked, unpackRows } from '#server/eventlog/packed/index.ts'
import { frameRows } from '#server/eventlog/testing/frame-rows.ts'
import type { IngestContext, IngestResult } from './context.ts'
import { ingest, parseJson, parseNdjson } from './parse.ts'

const NOW = Date.UTC(2026, 9, 25, 12)
const DAY = 86_400_000

const context: IngestContext = {
  orgId: 'org_1',
  appId: 'app_1',
  platform: 'android',
  receivedAt: NOW,
  requestId: 'req_1',
  fromServer: false,
  ip: '203.0.113.9',
  userAgent: 'agent/1',
  countryOf: (ip) => (ip.startsWith('203.') ? 'DE' : ip.startsWith('198.') ? 'FR' : ''),
}

function send(events: unknown, changes: Partial<IngestContext> = {}): IngestResult {
  return ingest(parseJson(Buffer.from(JSON.stringify(events))), 'event', { ...context, ...changes })
}

/** Rows of the frame of a kind, with the hash in front of each checked against its id. */
function rows(result: IngestResult, kind = 'event'): Record<string, unknown>[] {
  const frame = result.frames.find((each) => each.kind === kind)
  if (!frame) return []
  const found = frameRows(frame)
  const lines = frame.payload.toString().split('\n')
  for (const [i, each] of found.entries()) {
    const id = hash('md5', `${each.app_id}\n${each.event_id ?? each.rejected_id}`, 'hex')
    if (kind === 'event') {
      expect(frame.payload.toString('hex', i * INDEX_ENTRY, i * INDEX_ENTRY + 16)).toBe(id)
      expect(isSoundPacked(frame.payload, frame.rows)).toBe(true)
    } else expect(lines[i]?.slice(0, 33)).toBe(`${id} `)
  }
  return found
}

function row(event: Record<string, unknown>, changes: Partial<IngestContext> = {}): Record<string, unknown> {
  const result = send(event, changes)
  expect(result.rejected).toEqual([])
  const [first] = rows(result)
  if (!first) throw new Error('no row')
  return first
}

const good = { event_id: 'e1', event_name: 'purchase', event_time: NOW, device_id: 'd1' }

describe('a good event becomes a row', () => {
  it('with the columns of the events table and nothing for what is empty', () => {
    expect(row(good)).toEqual({
      org_id: 'org_1',
      app_id: 'app_1',
      request_id: 'req_1',
      received_at: '2026-10-25T12:00:00.000Z',
      event_id: 'e1',
      event_name: 'purchase',
      event_time: '2026-10-25T12:00:00.000Z',
      device_id: 'd1',
      platform: 'android',
      environment: 'production',
      ip: '203.0.113.9',
      user_agent: 'agent/1',
      country: 'DE',
    })
  })

  it('that takes every field of the contract', () => {
    const full = {
      ...good,
      platform: 'ios',
      advertising_id: 'A1',
      idfv: 'V1',
      customer_user_id: 'c1',
      click_id: 'clk_1',
      install_referrer: 'click_id=clk_1&utm_source=x',
      referrer_click_time: '2026-10-25T11:00:00Z',
      install_begin_time: NOW - 1000,
      referrer_click_time_server: NOW - 2000,
      install_begin_time_server: '2026-10-25T14:30:00.5+03:00',
      user_agent: 'own',
      os_version: '17.1',
      app_version: '1.2',
      sdk_version: '3',
      device_model: 'iPhone15,2',
      locale: 'de_DE',
      country: 'at',
      environment: 'sandbox',
      revenue: 9.99,
      currency: 'eur',
      properties: { sku: 'a "b"' },
      consent: { ads: true },
    }
    expect(row(full)).toMatchObject({
      ...full,
      event_time: '2026-10-25T12:00:00.000Z',
      referrer_click_time: '2026-10-25T11:00:00.000Z',
      install_begin_time: '2026-10-25T11:59:59.000Z',
      referrer_click_time_server: '2026-10-25T11:59:58.000Z',
      install_begin_time_server: '2026-10-25T11:30:00.500Z',
      country: 'AT',
      currency: 'EUR',
      properties: '{"sku":"a \\"b\\""}',
      consent: '{"ads":true}',
    })
  })

  it('dated at arrival when it has no time, and never late', () => {
    const { event_time, ...untimed } = good
    expect(event_time).toBe(NOW)
    expect(row(untimed)).toMatchObject({ event_time: '2026-10-25T12:00:00.000Z' })
  })

  it('marked late from 30 days on, to the millisecond', () => {
    expect(row({ ...good, event_time: NOW - 30 * DAY }).is_late).toBeUndefined()
    expect(row({ ...good, event_time: NOW - 30 * DAY - 1 }).is_late).toBe(true)
  })

  it('up to 24 hours ahead of our clock', () => {
    expect(row({ ...good, event_time: NOW + DAY })).toMatchObject({ event_time: '2026-10-26T12:00:00.000Z' })
  })

  it('with any Unicode in its names', () => {
    expect(row({ ...good, event_name: '購入 🎉 \u202e é' }).event_name).toBe('購入 🎉 \u202e é')
    expect(row({ ...good, event_name: '🎉'.repeat(100) }).event_name).toBe('🎉'.repeat(100))
  })

  it('but for NUL and half surrogate pairs in names and ids, which no store and no question can carry', () => {
    for (const bad of ['a\u0000b', 'x\ud800y']) {
      for (const field of ['event_id', 'event_name', 'device_id', 'customer_user_id']) {
        const { rejected } = send([{ ...good, [field]: bad }])
        expect(rejected).toEqual([expect.objectContaining({ index: 0, code: 'invalid_value', field })])
      }
    }
  })

  it('keeping unknown fields under properties, where the own value of a key stands', () => {
    const properties = row({ ...good, level: 3, sku: 'outer', log_id: 'x', properties: { sku: 'inner' } }).properties
    expect(JSON.parse(String(properties))).toEqual({ level: 3, sku: 'inner', log_id: 'x' })
  })

  it('reading null as absent', () => {
    expect(row({ ...good, revenue: null, currency: null, properties: null, country: null, click_id: null })).toEqual(
      row(good),
    )
  })

  it('where a store that does not know a referrer time says 0', () => {
    expect(row({ ...good, referrer_click_time: 0 }).referrer_click_time).toBeUndefined()
  })

  it.each([
    [0.1 + 0.2, '0.3'],
    [1e-9, '0'],
    [1e11, '100000000000'],
    [-4.5, '-4.5'],
    [99_999_999_999.99, '99999999999.99'],
  ])('with revenue %d written as the decimal column takes it', (revenue, written) => {
    const [frame] = send({ ...good, revenue, currency: 'USD' }).frames
    expect(frame && unpackRows(frame.payload, frame.rows)[0]?.revenue).toBe(written)
  })
})

describe('addresses', () => {
  it("take a device's address from the connection, whatever it says itself", () => {
    expect(row({ ...good, ip: '198.51.100.1' })).toMatchObject({ ip: '203.0.113.9', country: 'DE' })
    expect(row({ ...good, ip: 'nonsense' })).toMatchObject({ ip: '203.0.113.9' })
    expect(send({ ...good, ip: 5 }).rejected).toMatchObject([{ code: 'wrong_type', field: 'ip' }])
  })

  it("take a server's word for the device's address, and never the server's own", () => {
    expect(row({ ...good, ip: '198.51.100.1' }, { fromServer: true })).toMatchObject({
      ip: '198.51.100.1',
      country: 'FR',
    })
    const silent = row(good, { fromServer: true })
    expect([silent.ip, silent.user_agent, silent.country]).toEqual([undefined, undefined, undefined])
  })
})

describe('ids', () => {
  const { event_id, ...anonymous } = good

  it('derived from the content are the same for the same content, whatever the order of its keys', () => {
    expect(event_id).toBe('e1')
    const first = row({ ...anonymous, properties: { a: 1, b: [2, { c: 3, d: 4 }] } }).event_id
    const reordered = row({ properties: { b: [2, { d: 4, c: 3 }], a: 1 }, ...anonymous }).event_id
    const other = row({ ...anonymous, properties: { a: 1, b: [2, { c: 3, d: 5 }] } }).event_id
    expect(first).toBe(reordered)
    expect(other).not.toBe(first)
  })

  it('are random without a time, and the answer says how many a retry would count twice', () => {
    const { event_time, ...untimed } = anonymous
    expect(event_time).toBe(NOW)
    const result = send([untimed, untimed, good, anonymous])
    expect(result).toMatchObject({ accepted: 4, nonIdempotent: 2 })
    expect(new Set(rows(result).map((each) => each.event_id)).size).toBe(4)
  })
})

/** `levels` objects in one another. */
function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = { a: value }
  return value
}

describe('a bad event is refused with code and field', () => {
  it.each<[string, unknown, string, string]>([
    ['text instead of an object', 'x', 'not_an_object', ''],
    ['a list instead of an object', [good], 'not_an_object', ''],
    ['null', null, 'not_an_object', ''],
    ['no name', { ...good, event_name: undefined }, 'missing', 'event_name'],
    ['an empty name', { ...good, event_name: '' }, 'missing', 'event_name'],
    ['a blank name', { ...good, event_name: ' ' }, 'missing', 'event_name'],
    ['a number as name', { ...good, event_name: 5 }, 'wrong_type', 'event_name'],
    ['a name of 101 characters', { ...good, event_name: '🎉'.repeat(101) }, 'too_long', 'event_name'],
    ['no device', { ...good, device_id: null }, 'missing', 'device_id'],
    ['a device of 101 characters', { ...good, device_id: 'd'.repeat(101) }, 'too_long', 'device_id'],
    ['an empty id', { ...good, event_id: '' }, 'missing', 'event_id'],
    ['an id of 101 characters', { ...good, event_id: 'i'.repeat(101) }, 'too_long', 'event_id'],
    ['a number as id', { ...good, event_id: 7 }, 'wrong_type', 'event_id'],
    ['a date without zone', { ...good, event_time: '2026-10-25T10:00:00' }, 'invalid_time', 'event_time'],
    ['a day that does not exist', { ...good, event_time: '2026-02-29T10:00:00Z' }, 'invalid_time', 'event_time'],
    ['an hour that does not exist', { ...good, event_time: '2026-10-25T24:00:00Z' }, 'invalid_time', 'event_time'],
    ['digits as text', { ...good, event_time: '1795000000000' }, 'invalid_time', 'event_time'],
    ['Unix seconds', { ...good, event_time: 1_795_000_000 }, 'invalid_time', 'event_time'],
    ['a negative time', { ...good, event_time: -1 }, 'invalid_time', 'event_time'],
    ['a list as time', { ...good, event_time: [NOW] }, 'wrong_type', 'event_time'],
    ['a time past 24 hours ahead', { ...good, event_time: NOW + DAY + 1 }, 'in_future', 'event_time'],
    ['an unknown platform', { ...good, platform: 'windows' }, 'invalid_value', 'platform'],
    ['a number as platform', { ...good, platform: 1 }, 'wrong_type', 'platform'],
    ['an unknown environment', { ...good, environment: 'test' }, 'invalid_value', 'environment'],
    ['revenue as text', { ...good, revenue: '9.99', currency: 'USD' }, 'wrong_type', 'revenue'],
    ['revenue past the bound', { ...good, revenue: 1.1e11, currency: 'USD' }, 'invalid_value', 'revenue'],
    ['revenue without currency', { ...good, revenue: 1 }, 'missing', 'currency'],
    ['an unknown currency', { ...good, revenue: 1, currency: 'XXQ' }, 'unknown_currency', 'currency'],
    ['a number as currency', { ...good, revenue: 1, currency: 840 }, 'wrong_type', 'currency'],
    ['a list as properties', { ...good, properties: [1] }, 'wrong_type', 'properties'],
    ['text as properties', { ...good, properties: '{}' }, 'wrong_type', 'properties'],
    ['properties of 21 levels', { ...good, properties: nested(21) }, 'too_deep', 'properties'],
    ['an unknown field of 20 levels', { ...good, deep: nested(20) }, 'too_deep', 'properties'],
    ['properties over 32 KB', { ...good, properties: { a: 'x'.repeat(32 * 1024) } }, 'too_large', 'properties'],
    ['properties over 32 KB in UTF-8', { ...good, properties: { a: 'é'.repeat(17_000) } }, 'too_large', 'properties'],
    ['text as consent', { ...good, consent: 'yes' }, 'wrong_type', 'consent'],
    ['a three-letter country', { ...good, country: 'DEU' }, 'invalid_value', 'country'],
    ['a number as app version', { ...good, app_version: 1.2 }, 'wrong_type', 'app_version'],
    ['a malformed referrer time', { ...good, install_begin_time: 'soon' }, 'invalid_time', 'install_begin_time'],
  ])('%s', (_what, event, code, field) => {
    const result = send([event, good])
    expect(result.rejected).toEqual([{ index: 0, code, field, message: expect.stringMatching(/^[\w-].*[.)\w]$/s) }])
    expect(result.accepted).toBe(1)
    expect(rows(result, 'rejected')).toMatchObject([{ kind: 'event', code, field, raw: JSON.stringify(event) }])
  })

  it("an address that is none, where a server's word counts", () => {
    expect(send({ ...good, ip: '1.2.3' }, { fromServer: true }).rejected).toMatchObject([
      { code: 'invalid_value', field: 'ip' },
    ])
  })

  it('but 20 levels and nearly 32 KB of properties are fine', () => {
    expect(
      send([
        { ...good, properties: nested(20) },
        { ...good, properties: { a: 'x'.repeat(32 * 1024 - 10) } },
      ]).rejected,
    ).toEqual([])
  })
})

describe('hostile JSON', () => {
  const lines = (...texts: string[]) => ingest(parseNdjson(Buffer.from(texts.join('\n'))), 'event', context)
  const withProperties = (json: string) => `{"event_id":"e","event_name":"n","device_id":"d","properties":${json}}`

  it('keeps numbers past 2^53, long fractions and exponents as they were written', () => {
    const result = lines(
      withProperties('{"big":12345678901234567890,"fine":0.12345678901234567890,"huge":1e999,"n":[9007199254740993]}'),
    )
    expect(rows(result)[0]?.properties).toBe(
      '{"big":12345678901234567890,"fine":0.12345678901234567890,"huge":1e999,"n":[9007199254740993]}',
    )
  })

  it('refuses revenue past every bound, and takes long fractions of it', () => {
    const base = '{"event_id":"e","event_name":"n","device_id":"d","currency":"USD","revenue":'
    const result = lines(`${base}1e999}`, `${base}12345678901234567890}`, `${base}0.10000000000000000001}`)
    expect(result.rejected.map(({ index, field }) => [index, field])).toEqual([
      [0, 'revenue'],
      [1, 'revenue'],
    ])
    expect(rows(result)[0]?.revenue).toBe(0.1)
  })

  it('treats __proto__ and duplicate keys as plain data', () => {
    const result = lines(
      '{"__proto__":{"event_id":"evil"},"event_id":"a","event_id":"b","event_name":"n","device_id":"d","constructor":1}',
      withProperties('{"__proto__":{"x":1}}'),
    )
    expect(result.rejected).toEqual([])
    const [first, second] = rows(result)
    expect(first).toMatchObject({ event_id: 'b', properties: '{"__proto__":{"event_id":"evil"},"constructor":1}' })
    expect(second?.properties).toBe('{"__proto__":{"x":1}}')
    expect(({} as { event_id?: string }).event_id).toBeUndefined()
  })

  it('survives a hundred thousand levels, in lines and in arrays', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    expect(lines(withProperties(deep)).rejected).toMatchObject([{ code: 'too_deep', field: 'properties' }])
    const array = ingest(parseJson(Buffer.from(`[${withProperties(deep)}]`)), 'event', context)
    expect(array.rejected).toMatchObject([{ code: 'too_deep' }])
  })

  it.each(['event', 'touchpoint'] as const)(
    'keeps the good ones beside a field of a hundred thousand levels: %s',
    (kind) => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
      const ours = { event_name: 'n', device_id: 'd', touchpoint_type: 'click', media_source: 'm' }
      const times = { event_time: NOW, touchpoint_time: NOW }
      const fine = JSON.stringify({ ...ours, ...times })
      for (const field of ['ip', 'country', 'user_agent', 'locale', 'consent', 'sub_params', 'anything']) {
        const bad = `${fine.slice(0, -1)},"${field}":${deep}}`
        for (const fromServer of [false, true]) {
          const result = ingest(parseNdjson(Buffer.from([fine, bad, fine].join('\n'))), kind, {
            ...context,
            fromServer,
          })
          expect(result.accepted).toBe(2)
          expect(result.rejected).toMatchObject([{ index: 1, code: expect.stringMatching(/^(wrong_type|too_deep)$/) }])
        }
      }
    },
  )

  it('derives an id from the deepest properties that are taken', () => {
    const { event_id, ...anonymous } = good
    expect(event_id).toBe('e1')
    expect(send({ ...anonymous, properties: nested(20), consent: nested(20) })).toMatchObject({
      accepted: 1,
      rejected: [],
    })
  })

  it('refuses only the item over which a check breaks, and tells of it', () => {
    const broken = new Proxy(
      {},
      {
        get() {
          throw new RangeError('fault')
        },
        ownKeys: () => ['event_id'],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      },
    )
    const seen: unknown[] = []
    const items = [good, broken, { ...good, event_id: 'e2' }].map((value, index) => ({ index, value, raw: () => '{}' }))
    const result = ingest(items, 'event', { ...context, onUnexpected: (error) => seen.push(error) })
    expect(result).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: 'internal' }] })
    expect(seen).toEqual([new RangeError('fault')])
  })

  it('counts every line for the index, skips blank ones and refuses only unreadable ones', () => {
    const result = lines(
      '',
      JSON.stringify(good),
      '{"event_id":',
      '   ',
      JSON.stringify({ ...good, event_id: 'e2' }),
      '',
    )
    expect(result.accepted).toBe(2)
    expect(result.rejected).toMatchObject([{ index: 2, code: 'invalid_json', field: '' }])
  })

  it('refuses only the lines whose bytes are no UTF-8', () => {
    const body = Buffer.concat([
      Buffer.from(`${JSON.stringify(good)}\n{"event_name":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`"}\n${JSON.stringify(good)}`),
    ])
    const result = ingest(parseNdjson(body), 'event', context)
    expect(result).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: 'invalid_utf8' }] })
  })

  it('reads a byte order mark and Windows line ends', () => {
    const text = `\ufeff${JSON.stringify(good)}\r\n${JSON.stringify(good)}\r\n`
    expect(ingest(parseNdjson(Buffer.from(text)), 'event', context)).toMatchObject({ accepted: 2, rejected: [] })
  })
})

describe('dead letters', () => {
  it('have the same id for the same text on the same day, so that retries do not multiply', () => {
    const bad = { ...good, event_name: 5 }
    const id = (result: IngestResult) => rows(result, 'rejected')[0]?.rejected_id
    expect(id(send(bad))).toBe(id(send(bad, { receivedAt: NOW + 3_600_000, requestId: 'req_2' })))
    expect(id(send(bad))).not.toBe(id(send(bad, { receivedAt: NOW + DAY })))
    expect(id(send(bad))).not.toBe(id(send({ ...bad, event_id: 'e2' })))
  })

  it('keep at most 64 KB of the text, never half a character', () => {
    const raw = String(rows(send({ ...good, event_name: `x${'é'.repeat(50_000)}` }), 'rejected')[0]?.raw)
    expect(Buffer.byteLength(raw)).toBeLessThanOrEqual(64 * 1024)
    expect(Buffer.byteLength(raw)).toBeGreaterThan(64 * 1024 - 4)
    expect(raw).not.toContain('\ufffd')
  })
})
