import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Frame, type FrameKind, packed } from '#server/eventlog/index.ts'
import { type Batch, buildBatch } from './batch.ts'
import { bodyOf, filterRows, hashHex, type RowSet, rowBytes, sliceRows, tokenOf } from './rows.ts'
import { SeenIds } from './seen.ts'

const hashOf = (id: string) => createHash('md5').update(`app\n${id}`).digest('hex')
const lineOf = (id: string, row: object = { id }) => `${hashOf(id)} ${JSON.stringify(row)}`
const newSeen = () => new SeenIds({ filterBytes: 16 * 1024 * 1024, exactIds: 10_000, windowDays: 8 })
const at = (position: bigint) => ({ position, next: position + 1_000n, appendedAt: 1_800_000_000_000 })
function frame(kind: FrameKind, position: bigint, text: string, rows = text.split('\n').length): Frame {
  return { kind, encoding: 'ndjson', rows, payload: Buffer.from(text), ...at(position) }
}
function packedFrame(position: bigint, ids: readonly string[], properties = ''): Frame {
  const rows = ids.map((id) => ({
    org_id: 'org',
    app_id: 'app',
    event_id: id,
    received_at: 1,
    event_time: 2,
    properties,
  }))
  return { ...packed.packFrame(rows), encoding: 'packed', ...at(position) }
}
const part = (batch: Batch, kind: FrameKind, encoding = 'ndjson') =>
  batch.parts.find(({ set }) => set.kind === kind && set.encoding === encoding)?.set as RowSet
const rowsOf = (set: RowSet) => Array.from({ length: set.rows }, (_, row) => rowBytes(set, row))
const idsOf = (set: RowSet) => rowsOf(set).map((bytes) => String(packed.unpackRow(bytes).event_id))

describe('a batch', () => {
  it('holds each line as it was written, with the log and the position of its frame', () => {
    const position = (70n << 32n) + 123_456n
    const rows = [{ a: 'ü"\\' }, { n: 1, deep: { x: [1, {}] } }]
    const text = rows.map((row, i) => lineOf(`id-${i}`, row)).join('\n')
    const batch = buildBatch([frame('event', position, text)], 'log-1', newSeen())
    const set = part(batch, 'event')
    expect(Buffer.concat(bodyOf(set)).toString('utf8').trimEnd().split('\n')).toEqual(
      rows.map((row) => `${JSON.stringify(row).slice(0, -1)},"log_id":"log-1","log_position":${position}}`),
    )
    expect(batch).toMatchObject({ from: position, next: position + 1_000n })
    expect(hashHex(set, 1)).toBe(hashOf('id-1'))
  })

  it('writes the position of its frame into each packed row, and changes nothing else of it', () => {
    const position = (3n << 32n) + 77n
    const before = packedFrame(position, ['a', 'b'], '{"x":"ü"}')
    const batch = buildBatch([packedFrame(position, ['a', 'b'], '{"x":"ü"}')], 'log', newSeen())
    const set = part(batch, 'event', 'packed')
    expect(rowsOf(set).map((bytes) => packed.unpackRow(bytes))).toEqual(
      packed.unpackRows(before.payload, 2).map((row) => ({ ...row, log_position: position })),
    )
    expect(hashHex(set, 1)).toBe(hashOf('b'))
  })

  it('drops repeats within a kind only, whatever the encoding, and does not trust the row count of a frame', () => {
    const seen = newSeen()
    const text = `${lineOf('a')}\n${lineOf('b')}\n${lineOf('a')}\n`
    const frames = [
      frame('event', 1n, text, 1),
      frame('touchpoint', 2n, text, 50),
      packedFrame(3n, ['b', 'c', 'd', 'c']),
      frame('event', 4n, lineOf('d'), 0),
    ]
    const batch = buildBatch(frames, 'log', seen)
    expect(part(batch, 'event').rows).toBe(2)
    expect(idsOf(part(batch, 'event', 'packed'))).toEqual(['c', 'd'])
    expect(part(batch, 'touchpoint').rows).toBe(2)
    expect(batch.duplicates).toEqual({ event: 4, touchpoint: 1, rejected: 0 })
    expect(buildBatch(frames, 'log', seen).parts.map(({ set }) => set.rows)).toEqual([0, 0, 0])
  })

  it('names the rows whose ids only the filters seem to know', () => {
    const seen = newSeen()
    const hash = Buffer.from(hashOf('b'), 'hex')
    seen.remember(hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), hash.readInt32LE(12))
    const batch = buildBatch([packedFrame(1n, ['a', 'b', 'c'])], 'log', seen)
    expect(batch.parts.map(({ perhaps }) => perhaps)).toEqual([[1]])
  })

  it.each([
    ['no hash', '{"a":1}'],
    ['a hash with a wrong digit', `${'g'.repeat(32)} {"a":1}`],
    ['a hash with capitals', `${'A'.repeat(32)} {"a":1}`],
    ['no space', `${'a'.repeat(32)}x{"a":1}`],
    ['an array', `${'a'.repeat(32)} [1]`],
    ['a cut row', `${'a'.repeat(32)} {"a":1`],
    ['only a hash', 'a'.repeat(32)],
  ])('puts a line aside that has %s, and takes the next one', (_, wrong) => {
    const batch = buildBatch([frame('event', 1n, `${wrong}\n${lineOf('a')}\n`)], 'log', newSeen())
    expect(part(batch, 'event').rows).toBe(1)
    expect(batch.unreadable.map(({ line }) => line.toString('utf8'))).toEqual([wrong])
  })

  it('puts a packed frame aside whose index does not fit its bytes, and takes the next one', () => {
    const torn = packedFrame(1n, ['a', 'b'])
    torn.payload = torn.payload.subarray(0, torn.payload.length - 1)
    const batch = buildBatch([torn, packedFrame(2n, ['c'])], 'log', newSeen())
    expect(idsOf(part(batch, 'event', 'packed'))).toEqual(['c'])
    expect(batch.unreadable).toEqual([{ kind: 'event', position: 1n, line: torn.payload }])
  })

  it('puts a packed frame aside as it came, one of whose rows is too short, and sees none of its ids', () => {
    const seen = newSeen()
    const short = packedFrame(1n, ['a', 'b', 'c'])
    const [first, second] = [short.payload.readUInt32LE(16), short.payload.readUInt32LE(24 + 16)]
    short.payload.writeUInt32LE(first + second - 7, 16)
    short.payload.writeUInt32LE(7, 24 + 16)
    const bytes = Buffer.from(short.payload)
    const batch = buildBatch([short, packedFrame(2n, ['c', 'b'])], 'log', seen)
    expect(batch.unreadable).toEqual([{ kind: 'event', position: 1n, line: bytes }])
    expect(idsOf(part(batch, 'event', 'packed'))).toEqual(['c', 'b'])
  })
})

describe('the rows of a batch', () => {
  const ids = Array.from({ length: 9 }, (_, i) => `id-${i}`)
  const whole = () =>
    part(
      buildBatch([packedFrame(1n, ids.slice(0, 5)), packedFrame(2n, ids.slice(5))], 'log', newSeen()),
      'event',
      'packed',
    )
  const idsAndHashes = (set: RowSet) => {
    const found = idsOf(set)
    for (const [row, id] of found.entries()) expect(hashHex(set, row)).toBe(hashOf(id))
    return found
  }

  it('can be cut and picked from without losing which hash belongs to which row', () => {
    const set = whole()
    expect(idsAndHashes(set)).toEqual(ids)
    expect(idsAndHashes(sliceRows(sliceRows(set, 2, 8), 1, 4))).toEqual(['id-3', 'id-4', 'id-5'])
    expect(idsAndHashes(filterRows(set, (row) => row % 4 === 0))).toEqual(['id-0', 'id-4', 'id-8'])
  })

  it('are sent in their order, with every byte of theirs and none of the others', () => {
    const frames = [packedFrame(1n, ids, 'x'.repeat(20_000)), packedFrame(2n, ['small'])]
    const set = part(buildBatch(frames, 'log', newSeen()), 'event', 'packed')
    for (const kept of [() => true, (row: number) => row !== 4, (row: number) => row % 2 === 1, () => false]) {
      const some = filterRows(set, kept)
      expect(Buffer.concat(bodyOf(some)).equals(Buffer.concat(rowsOf(some)))).toBe(true)
    }
  })

  it('go to the wire without a copy where they stand together', () => {
    const big = packedFrame(1n, ids, 'x'.repeat(20_000))
    const set = part(buildBatch([big], 'log', newSeen()), 'event', 'packed')
    expect(bodyOf(set).map((chunk) => chunk.buffer)).toEqual([big.payload.buffer])
  })

  it('carry a token that follows from their ids and their order only', () => {
    const again = part(buildBatch([packedFrame(8n, ids, '{}')], 'other', newSeen()), 'event', 'packed')
    expect(tokenOf(again)).toBe(tokenOf(whole()))
    expect(tokenOf(sliceRows(whole(), 0, 8))).not.toBe(tokenOf(whole()))
  })
})
