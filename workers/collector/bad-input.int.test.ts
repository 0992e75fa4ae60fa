import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import type { Rejection } from '#server/modules/events/hot.ts'

const stores = useStores()
let collector: TestCollector
let tenant: TestTenant

beforeAll(async () => {
  tenant = await makeTenant(stores)
  collector = await startTestCollector(stores.databaseUrl)
})
afterAll(() => collector?.stop())

let sequence = 0
const id = () => `bad-${++sequence}`
/** One line with further members; they come last, so that they are whatever the test says. */
const line = (members: string, eventId = id()) =>
  `{"event_id":"${eventId}","event_name":"n","device_id":"d","event_time":${Date.now()}${members === '' ? '' : `,${members}`}}`

interface Answer {
  status: number
  accepted: number
  rejected: Rejection[]
  message: string
}

async function post(body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${collector.url}/v1/events?key=${tenant.ingestKey}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  const answer = (await response.json()) as Partial<Answer> & { error?: { message: string } }
  return {
    status: response.status,
    accepted: answer.accepted ?? 0,
    rejected: answer.rejected ?? [],
    message: answer.error?.message ?? '',
  }
}

const rowOf = async (eventId: string) => (await collector.rows('event')).find((row) => row.event_id === eventId)
const json = { 'content-type': 'application/json' }

/** Texts that break careless programs; each is right as a text. */
const NAUGHTY = [
  'undefined',
  'NaN',
  'null',
  "' OR 1=1 --",
  '"; drop table events; --',
  '<script>alert(1)</script>',
  '{{7*7}} #{7*7} %s %d %n',
  '../../../../etc/passwd',
  '\u202etxt.exe',
  '\ufeffbom',
  'Z\u0351\u036b\u0343a\u0335l\u0321go',
  '👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '\u2028line\u2029',
  'ﷺ ㍿ 田中さん أبجد עברית',
  '\t\n\r\b\f\\"/',
  '__proto__',
  'constructor',
  '0',
  '1e309',
  'true',
  '\u007f\u0080\u009f',
]

describe('texts', () => {
  it.each(NAUGHTY)('%j is kept as it was sent, in a field, in properties and as a key of them', async (text) => {
    const eventId = id()
    const properties = JSON.stringify({ text, [text]: [text] })
    const sent = line(`"customer_user_id":${JSON.stringify(text)},"properties":${properties}`, eventId)
    expect(await post(sent)).toMatchObject({ status: 202, accepted: 1, rejected: [] })
    const row = await rowOf(eventId)
    expect(row?.customer_user_id).toBe(text)
    expect(row?.properties).toBe(properties)
  })

  it.each([
    ['a NUL in a name', '"event_name":"a\\u0000b"', 'event_name'],
    ['half a surrogate pair', '"device_id":"\\ud83d"', 'device_id'],
  ])('%s is refused with its field, and the event beside it stays', async (_what, members, field) => {
    expect(await post(`${line(members)}\n${line('')}`)).toMatchObject({
      status: 202,
      accepted: 1,
      rejected: [{ index: 0, code: 'invalid_value', field }],
    })
  })

  it.each([
    ['NUL bytes', Buffer.from('"locale":"a\0b"'), 'invalid_json'],
    ['other control bytes', Buffer.from('"locale":"a\x01b"'), 'invalid_json'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0x61, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22]), 'invalid_utf8'],
    ['overlong UTF-8', Buffer.from([0x22, 0x61, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22]), 'invalid_utf8'],
    ['a surrogate as UTF-8', Buffer.from([0x22, 0x61, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22]), 'invalid_utf8'],
  ])('%s cost their own line only', async (_what, members, code) => {
    const bad = Buffer.concat([Buffer.from(`${line('').slice(0, -1)},`), members, Buffer.from('}\n')])
    expect(await post(Buffer.concat([Buffer.from(`${line('')}\n`), bad, Buffer.from(line(''))]))).toMatchObject({
      status: 202,
      accepted: 2,
      rejected: [{ index: 1, code }],
    })
  })
})

describe('JSON', () => {
  it('with keys that pollute prototypes is data like any other', async () => {
    const eventId = id()
    const properties = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    expect(await post(line(`"properties":${properties},"__proto__":{"polluted":1}`, eventId))).toMatchObject({
      status: 202,
    })
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    expect(JSON.parse(String((await rowOf(eventId))?.properties))).toMatchObject({ constructor: { prototype: {} } })
  })

  it('with a key twice means the last one', async () => {
    const eventId = id()
    await post(line('"locale":"a","locale":"b","properties":{"a":1,"b":2,"a":3}', eventId))
    expect(await rowOf(eventId)).toMatchObject({ locale: 'b', properties: '{"a":3,"b":2}' })
  })

  it.each(['1e400', '-1e400', '12345678901234567890', '0.1000000000000000055511151231257827'])(
    'keeps the number %s in properties as it was written',
    async (number) => {
      const eventId = id()
      expect(await post(line(`"properties":{"n":${number}}`, eventId))).toMatchObject({ status: 202 })
      expect((await rowOf(eventId))?.properties).toBe(`{"n":${number}}`)
    },
  )

  it.each([
    ['1e400', 'invalid_value'],
    ['"NaN"', 'wrong_type'],
    ['NaN', 'invalid_json'],
    ['Infinity', 'invalid_json'],
    ['01', 'invalid_json'],
    ['0x10', 'invalid_json'],
    ['1.', 'invalid_json'],
  ])('refuses revenue %s', async (number, code) => {
    expect(await post(`${line(`"revenue":${number},"currency":"USD"`)}\n${line('')}`)).toMatchObject({
      accepted: 1,
      rejected: [{ index: 0, code }],
    })
  })

  it('of 100,000 elements in one field is refused for its size, and 100,000 events for their number', async () => {
    const many = `[${'1,'.repeat(99_999)}1]`
    expect(await post(`${line(`"properties":{"a":${many}}`)}\n${line('')}`)).toMatchObject({
      accepted: 1,
      rejected: [{ index: 0, code: 'too_large', field: 'properties' }],
    })
    expect(await post(many, json)).toMatchObject({ status: 413 })
  })

  it.each([
    ['lines', {}, (items: string[]) => items.join('\n')],
    ['an array', json, (items: string[]) => `[${items.join(',')}]`],
  ])('of 100,000 levels is refused alone, also beside a long number: %s', async (_what, headers, join) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = `${open.repeat(100_000)}1234567890123456789${close.repeat(100_000)}`
      const items = [line(''), line(`"properties":{"a":${deep}}`), line(`"level":${deep}`), line('"level":1')]
      expect(await post(join(items), headers)).toMatchObject({
        status: 202,
        accepted: 2,
        rejected: [
          { index: 1, code: 'too_deep' },
          { index: 2, code: 'too_deep' },
        ],
      })
    }
  })
})

describe('packed bodies', () => {
  const packers = [
    ['gzip', (bytes: Buffer) => gzipSync(bytes, { level: 9 })],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ] as const

  it.each(packers)(
    '%s that unpacks to more than 200 times its size is stopped, far below 10 MB',
    async (encoding, pack) => {
      const packed = pack(Buffer.alloc(4 * 1024 * 1024, 0x20))
      expect(packed.length).toBeLessThan((4 * 1024 * 1024) / 200)
      expect(await post(packed, { 'content-encoding': encoding })).toMatchObject({
        status: 413,
        message: expect.stringContaining('200 times'),
      })
    },
  )

  it.each(packers)('%s of 10,000 events that differ in nothing but their ids is taken', async (encoding, pack) => {
    const lines = Array.from({ length: 10_000 }, () => line('"properties":{"level":1,"mode":"story"}'))
    expect(await post(pack(Buffer.from(lines.join('\n'))), { 'content-encoding': encoding })).toMatchObject({
      status: 202,
      accepted: 10_000,
    })
  })

  it.each(packers)('%s that was cut off anywhere is refused whole', async (encoding, pack) => {
    const packed = pack(Buffer.from(Array.from({ length: 50 }, () => line('')).join('\n')))
    for (const length of [1, 10, Math.floor(packed.length / 2), packed.length - 1]) {
      expect(await post(packed.subarray(0, length), { 'content-encoding': encoding })).toMatchObject({
        status: 400,
        message: expect.stringContaining(`not valid ${encoding}`),
      })
    }
  })

  it('are refused in bounded memory while many bombs arrive at once, and a small body beside them is taken', async () => {
    const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024, 0x20), { level: 9 })
    const before = process.memoryUsage().rss
    const bombs = Array.from({ length: 40 }, () => post(bomb, { 'content-encoding': 'gzip' }))
    const small = await post(gzipSync(line('')), { 'content-encoding': 'gzip' })
    expect(small).toMatchObject({ status: 202 })
    expect((await Promise.all(bombs)).map(({ status }) => status)).toEqual(bombs.map(() => 413))
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  })
})
