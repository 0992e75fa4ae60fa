import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Frame, FrameKind } from '#server/eventlog/index.ts'
import { buildBatch, hashHex, pickRows, type Seen, sliceRows } from './batch.ts'
import { HashSet128 } from './hash-set.ts'

const hashOf = (id: string) => createHash('md5').update(`app\n${id}`).digest('hex')
const lineOf = (id: string, row: object = { id }) => `${hashOf(id)} ${JSON.stringify(row)}`
const newSeen = (): Seen => {
  const set = () => new HashSet128(10, { windowDays: 8, keepAtLeast: 1000 })
  return { event: set(), touchpoint: set(), rejected: set() }
}
function frame(kind: FrameKind, at: bigint, text: string, rows = text.split('\n').length): Frame {
  const payload = Buffer.from(text)
  return { kind, encoding: 'ndjson', rows, payload, position: at, next: at + 1_000n, appendedAt: 1_800_000_000_000 }
}

describe('a batch', () => {
  it('holds each row as it was written, with the log and the position of its frame', () => {
    const position = (70n << 32n) + 123_456n
    const rows = [{ a: 'ü"\\' }, { n: 1, deep: { x: [1, {}] } }]
    const text = rows.map((row, i) => lineOf(`id-${i}`, row)).join('\n')
    const batch = buildBatch([frame('event', position, text)], 'log-1', newSeen())
    const lines = batch.kinds.event.body.toString('utf8').trimEnd().split('\n')
    expect(lines).toEqual(
      rows.map((row) => `${JSON.stringify(row).slice(0, -1)},"log_id":"log-1","log_position":${position}}`),
    )
    expect(batch).toMatchObject({ from: position, next: position + 1_000n })
    expect(hashHex(batch.kinds.event, 1)).toBe(hashOf('id-1'))
  })

  it('drops repeats within a kind only, and does not trust the row count of a frame', () => {
    const seen = newSeen()
    const text = `${lineOf('a')}\n${lineOf('b')}\n${lineOf('a')}\n`
    const frames = [frame('event', 1n, text, 1), frame('touchpoint', 2n, text, 50), frame('event', 3n, lineOf('c'), 0)]
    const batch = buildBatch(frames, 'log', seen)
    expect(batch.kinds.event.rows).toBe(3)
    expect(batch.kinds.touchpoint.rows).toBe(2)
    expect(batch.duplicates).toEqual({ event: 1, touchpoint: 1, rejected: 0 })
    expect(buildBatch(frames, 'log', seen).kinds.event.rows).toBe(0)
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
    expect(batch.kinds.event.rows).toBe(1)
    expect(batch.unreadable.map(({ line }) => line.toString('utf8'))).toEqual([wrong])
  })

  it('can be cut and picked from without losing which hash belongs to which row', () => {
    const ids = Array.from({ length: 9 }, (_, i) => `id-${i}`)
    const whole = buildBatch([frame('event', 1n, ids.map((id) => lineOf(id)).join('\n'))], 'log', newSeen()).kinds.event
    const idsOf = (part: typeof whole) =>
      Array.from({ length: part.rows }, (_, row) => {
        const { id } = JSON.parse(sliceRows(part, row, row + 1).body.toString('utf8')) as { id: string }
        expect(hashHex(part, row)).toBe(hashOf(id))
        return id
      })
    expect(idsOf(whole)).toEqual(ids)
    expect(idsOf(sliceRows(sliceRows(whole, 2, 8), 1, 4))).toEqual(['id-3', 'id-4', 'id-5'])
    expect(idsOf(pickRows(whole, [0, 4, 8]))).toEqual(['id-0', 'id-4', 'id-8'])
  })
})
