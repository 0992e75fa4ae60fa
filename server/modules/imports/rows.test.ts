import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { query } from 'chdb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parquetToLines } from './files/parquet.ts'
import { beginning, fingerprintOf, formatOf } from './files/source.ts'
import { type Reading, type Row, readRows } from './rows.ts'

// Parquet is read in a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-rows-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

let files = 0
async function fileOf(content: string | Uint8Array): Promise<string> {
  files += 1
  const file = join(scratch, `file-${files}`)
  await writeFile(file, content)
  return file
}

async function read(
  content: string | Uint8Array,
  more: Partial<Reading> = {},
  options: Parameters<typeof readRows>[1] = {},
): Promise<Row[]> {
  const reading: Reading = {
    file: await fileOf(content),
    kind: 'events',
    format: 'csv',
    mapping: {},
    fingerprint: 'f'.repeat(64),
    app: { platform: 'android' },
    scratch,
    ...more,
  }
  const rows: Row[] = []
  for await (const row of readRows(reading, options)) rows.push(row)
  return rows
}
const items = (rows: readonly Row[]) => rows.map(({ item }) => (item === undefined ? item : JSON.parse(item)))

const CSV = 'event_id,event_name,revenue,note\r\ne1,"a, ""b""",1.5,x\r\ne2,c,,"two\nlines"\r\n'

describe('a CSV', () => {
  it('gives rows with the line they end on, numbers as numbers and absent cells left out', async () => {
    const rows = await read(`\uFEFF${CSV}`)
    expect(rows.map(({ row, line }) => [row, line])).toEqual([
      [1, 2],
      [2, 4],
    ])
    expect(items(rows)).toEqual([
      { event_id: 'e1', event_name: 'a, "b"', revenue: 1.5, note: 'x' },
      { event_id: 'e2', event_name: 'c', note: 'two\nlines' },
    ])
  })

  it.each([';', '\t'])('may be separated by %j', async (sign) => {
    expect(items(await read(`event_id${sign}event_name\ne1${sign}a,b\n`))).toEqual([
      { event_id: 'e1', event_name: 'a,b' },
    ])
  })

  it('recognizes our fields in any case and with spaces, and takes a mapping before that', async () => {
    const csv = 'Event ID,What happened,Event-Name,constructor\ne1,bought,ignored,c\n'
    const mapping = { 'What happened': 'event_name', 'Event-Name': 'shop_name' }
    expect(items(await read(csv, { mapping }))).toEqual([
      { event_id: 'e1', event_name: 'bought', shop_name: 'ignored', constructor: 'c' },
    ])
  })

  it.each([
    [{ Absent: 'event_name' }, 'the file has no column "Absent"'],
    [{ note: 'revenue' }, 'the columns "revenue" and "note" would both become revenue'],
  ])('says why the mapping %j cannot be', async (mapping, message) => {
    await expect(read(CSV, { mapping: mapping as Record<string, string> })).rejects.toThrow(message)
  })

  it('refuses a row with a cell too few by itself', async () => {
    const rows = await read('event_id,event_name\ne1\ne2,a\n')
    expect(rows[0]?.refusal?.message).toBe('The row has 1 cells, the head row 2.')
    expect(rows[1]?.item).toContain('e2')
  })

  it.each([
    ['', 'The file is empty.'],
    ['a,a\n1,2\n', 'names the column "a" twice'],
    [`a,b\n1,"${'x'.repeat(2 ** 21)}\n`, 'this is not readable as CSV'],
    ['a,b\n1,2\n3,"4" 5\n', 'Line 3'],
  ])('that is none is refused with what is wrong: %#', async (csv, message) => {
    await expect(read(csv)).rejects.toThrow(message)
  })
})

describe('rows', () => {
  it('are passed over when an import goes on, and keep their numbers', async () => {
    const rows = await read('event_id\ne1\ne2\ne3\n', {}, { skip: 1, limit: 1 })
    expect(rows.map(({ row, line, item }) => [row, line, item])).toEqual([[2, 3, '{"event_id":"e2"}']])
  })

  it('without id and time get an id that is the same at the next import of the file', async () => {
    const [first] = items(await read('event_name\na\n'))
    expect(first.event_id).toBe(`file_${'f'.repeat(24)}_1`)
    const [timed] = items(await read('event_name,event_time\na,2026-10-20T00:00:00Z\n'))
    expect(timed.event_id).toBeUndefined()
  })

  it.each([
    '{"event_id":null,"event_time":null,"event_name":"a"}',
    '{"event_name":"a","properties":{"event_id":"x","event_time":"y"}}',
    '{"event_name":"a","note":"the \\"event_id\\" is absent"}',
  ])('have one of their own only by what stands at the top: %s has none', async (line) => {
    const [first] = items(await read(line, { format: 'ndjson' }))
    expect(first).toMatchObject({ ...JSON.parse(line), event_id: `file_${'f'.repeat(24)}_1` })
  })

  it('that bring a time get no id and lose no digit', async () => {
    const line = '{"event_id":null,"event_time":1792490402000,"order":9007199254740993}'
    expect((await read(line, { format: 'ndjson' }))[0]?.item).toBe(line)
  })
})

const NDJSON = '{"event_id":"e1","big":9007199254740993}\n\n no json \n{"event_id":"e2"}'

describe('lines of JSON', () => {
  it('come as they are, blank ones left out, the last one also without a line feed', async () => {
    const rows = await read(NDJSON, { format: 'ndjson' })
    expect(rows.map(({ line, item }) => [line, item])).toEqual([
      [1, '{"event_id":"e1","big":9007199254740993}'],
      [3, ' no json '],
      [4, '{"event_id":"e2"}'],
    ])
  })

  it('are renamed by a mapping without losing a digit', async () => {
    const rows = await read(NDJSON, { format: 'ndjson', mapping: { big: 'order_number' } })
    expect(rows[0]?.item).toBe('{"event_id":"e1","order_number":9007199254740993}')
  })

  it('longer than 8 MB are no lines', async () => {
    await expect(read('x'.repeat(9 * 2 ** 20), { format: 'ndjson' })).rejects.toThrow('Line 1 is longer than 8 MB')
  })
})

describe.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const)('a file packed with %s', (_name, pack) => {
  it('is read as what is in it', async () => {
    const packed = pack(Buffer.from(CSV))
    expect(items(await read(packed)).map(({ event_id }) => event_id)).toEqual(['e1', 'e2'])
    expect(formatOf(await beginning(await fileOf(packed)))).toBe('csv')
  })

  it.each(['csv', 'ndjson'] as const)('that unpacks to far more than any %s file does is given up', async (format) => {
    const packed = pack(Buffer.alloc(16 * 2 ** 20, '\n'))
    expect(packed.length).toBeLessThan(20_000)
    await expect(read(packed, { format })).rejects.toThrow('unpacks to more than 200 times its size')
  })

  it('that is cut off says so', async () => {
    const lines = Array.from({ length: 5000 }, (_, n) => `{"event_id":"${Math.sin(n)}"}`).join('\n')
    const packed = pack(Buffer.from(lines))
    await expect(read(packed.subarray(0, packed.length / 2), { format: 'ndjson' })).rejects.toThrow(
      'The file is damaged',
    )
  })
})

describe.each(['csv', 'ndjson'] as const)('reading %s', (format) => {
  it.each([
    ['blank lines', Buffer.alloc(8 * 2 ** 20, '\n')],
    ['rows', Buffer.from(`event_id\n${'e\n'.repeat(2 ** 20)}`)],
  ])('%s ends when it is cancelled', async (_name, content) => {
    const stop = new AbortController()
    setImmediate(() => stop.abort(new Error('cancelled')))
    await expect(read(content, { format }, { signal: stop.signal })).rejects.toThrow('cancelled')
  })
})

describe('Parquet', () => {
  it('is read in order, with numbers and times as they are', async () => {
    const file = join(scratch, 'rows.parquet')
    query(
      `select 'e' || toString(number) as event_id, number / 4 as revenue, toDateTime64('2026-10-20 10:00:00.123', 3, 'UTC') as event_time
        from numbers(3000) into outfile '${file}' format Parquet`,
    )
    const rows = await read('', { file, format: 'parquet' }, { skip: 2998 })
    expect(items(rows)).toEqual([
      { event_id: 'e2998', revenue: 749.5, event_time: '2026-10-20T10:00:00.123Z' },
      { event_id: 'e2999', revenue: 749.75, event_time: '2026-10-20T10:00:00.123Z' },
    ])
    expect(formatOf(await beginning(file))).toBe('parquet')
  })

  it('that holds more rows than the disk has room for is stopped while it is unpacked', async () => {
    const [file, into] = [join(scratch, 'bomb.parquet'), join(scratch, 'bomb.ndjson')]
    query(`select repeat('a', 1000) as x from numbers(200000) into outfile '${file}' format Parquet`)
    expect((await stat(file)).size).toBeLessThan(50_000)
    // No disk has so much room.
    const unpacked = parquetToLines(file, into, { spare: Number.MAX_SAFE_INTEGER })
    await expect(unpacked).rejects.toThrow('The disk has no room')
    const written = await stat(into).catch(() => ({ size: 0 }))
    expect(written.size).toBeLessThan(200_000_000)
  })

  it('that is none says so and takes nothing else down', async () => {
    await expect(read('PAR1 but nothing else', { format: 'parquet' })).rejects.toThrow('not a readable Parquet file')
  })
})

it.each([
  ['{"event_id":1}', 'ndjson'],
  ['\uFEFFa,b\n', 'csv'],
  ['"Event Name","AppsFlyer ID"\n', 'appsflyer'],
])('the beginning %j is taken for %s', async (text, format) => {
  expect(formatOf(Buffer.from(text))).toBe(format)
})

it('a file is the same file by its bytes, whatever its name', async () => {
  const [one, same, other] = await Promise.all(
    ['abc', 'abc', 'abd'].map(async (text) => fingerprintOf(await fileOf(text))),
  )
  expect(one).toEqual(same)
  expect(one?.fingerprint).not.toBe(other?.fingerprint)
})
