import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PACKED_EVENT_COLUMNS, type PackedType } from './columns.ts'
import { isSoundPacked } from './layout.ts'
import { millionthsOf, packFrame, packRow, type UnpackedRow, unpackRow, unpackRows } from './rows.ts'

const decimal = fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map(textOf)

function textOf(millionths: bigint): string {
  const size = millionths < 0n ? -millionths : millionths
  const fraction = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return `${millionths < 0n ? '-' : ''}${size / 1_000_000n}${fraction ? `.${fraction}` : ''}`
}

const values: Record<PackedType, fc.Arbitrary<UnpackedRow[string]>> = {
  text: fc.string({ unit: 'grapheme', maxLength: 300 }),
  position: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  time: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  'optional time': fc.option(fc.integer({ min: 0, max: 4_102_444_800_000 })),
  flag: fc.boolean(),
  'optional money': fc.option(decimal),
}
const anyRow = fc.record(Object.fromEntries(PACKED_EVENT_COLUMNS.map(([name, type]) => [name, values[type]])))

describe('packed rows', () => {
  it('come back as they were packed', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        expect(unpackRow(packRow(row))).toEqual(row)
      }),
    )
  })

  it('stand in a payload whose index tells where each begins', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 5 }), (rows) => {
        const frame = packFrame(rows)
        expect(isSoundPacked(frame.payload, frame.rows)).toBe(true)
        expect(unpackRows(frame.payload, frame.rows)).toEqual(rows)
      }),
    )
  })

  it('are not taken for sound when bytes are missing', () => {
    const { payload, rows } = packFrame([{ event_id: 'e1' }, { event_id: 'e2' }])
    expect(isSoundPacked(payload.subarray(0, payload.length - 1), rows)).toBe(false)
    expect(isSoundPacked(payload, rows + 1)).toBe(false)
  })

  it('hold money exactly', () => {
    expect(millionthsOf('-0.000001')).toBe(-1n)
    expect(millionthsOf('99999999999.99')).toBe(99_999_999_999_990_000n)
    expect(unpackRow(packRow({ revenue: '19.90' })).revenue).toBe('19.9')
  })
})
