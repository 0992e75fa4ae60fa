import { describe, expect, it } from 'vitest'
import { packFrame, type UnpackedRow, unpackRows } from '../packed/index.ts'
import { linesFrame } from '../testing/lines.ts'
import { splitFrame } from './split.ts'

const LARGE = 1_000_000
const keyOf = (row: UnpackedRow) => Number(String(row.device_id).slice(1)) * 7
const events = (count: number, devices: number) =>
  packFrame(
    Array.from({ length: count }, (_, n) => ({ event_id: `e${n}`, device_id: `d${n % devices}`, app_id: 'a' })),
    keyOf,
  )

describe('splitting a frame for partitions', () => {
  it('puts the rows of a device into one partition, in their order, and loses none', () => {
    const parts = splitFrame(events(100, 9), 4, LARGE)
    const found: string[] = []
    for (const { partition, frame } of parts) {
      const rows = unpackRows(frame.payload, frame.rows)
      expect(rows.map((row) => keyOf(row) % 4).every((key) => key === partition)).toBe(true)
      const numbers = rows.map((row) => Number(String(row.event_id).slice(1)))
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      found.push(...rows.map((row) => String(row.event_id)))
    }
    expect(new Set(parts.map(({ partition }) => partition)).size).toBe(parts.length)
    expect(found.sort()).toEqual(Array.from({ length: 100 }, (_, n) => `e${n}`).sort())
  })

  it('keeps the hash of each row beside it', () => {
    const whole = events(20, 20)
    const hashes = new Map(
      unpackRows(whole.payload, whole.rows).map((row, n) => [
        row.event_id,
        whole.payload.toString('hex', n * 24, n * 24 + 16),
      ]),
    )
    for (const { frame } of splitFrame(whole, 3, LARGE)) {
      for (const [n, row] of unpackRows(frame.payload, frame.rows).entries()) {
        expect(frame.payload.toString('hex', n * 24, n * 24 + 16)).toBe(hashes.get(row.event_id))
      }
    }
  })

  it('hands on the same bytes where nothing is to be split', () => {
    const one = events(10, 1)
    expect(splitFrame(one, 8, LARGE)).toEqual([{ partition: 0, frame: one }])
    expect(splitFrame(one, 8, LARGE)[0]?.frame.payload).toBe(one.payload)
  })

  it('brings a repeated line to the same partition, whatever it is sent with', () => {
    const partitionOf = (numbers: number[], wanted: number) =>
      splitFrame(linesFrame(...numbers), 5, LARGE).find(({ frame }) =>
        frame.payload.toString().includes(`{"n":${wanted}}`),
      )?.partition
    expect(partitionOf([1, 2, 3], 3)).toBe(partitionOf([3, 9], 3))
    expect(partitionOf([7, 8], 8)).toBe(partitionOf([8], 8))
  })

  it('cuts what is larger than a message may be, and leaves no part larger', () => {
    const parts = splitFrame(events(100, 1), 4, 2_000)
    expect(parts.length).toBeGreaterThan(3)
    expect(parts.every(({ frame }) => frame.payload.length <= 2_000)).toBe(true)
    expect(parts.flatMap(({ frame }) => unpackRows(frame.payload, frame.rows).map((row) => row.event_id))).toEqual(
      Array.from({ length: 100 }, (_, n) => `e${n}`),
    )
    const lines = splitFrame(linesFrame(...Array.from({ length: 50 }, (_, n) => n)), 1, 200)
    expect(lines.every(({ frame }) => frame.payload.length <= 200)).toBe(true)
    expect(lines.reduce((sum, { frame }) => sum + frame.rows, 0)).toBe(50)
  })

  it('ends every line although the last of a payload may lack its end', () => {
    const { payload } = linesFrame(1, 2)
    const parts = splitFrame({ kind: 'rejected', rows: 2, payload: payload.subarray(0, payload.length - 1) }, 1, 50)
    expect(parts.map(({ frame }) => frame.payload.toString()).join('')).toBe(payload.toString())
  })
})
