import { describe, expect, it } from 'vitest'
import { type Column, sortRows, toCsv } from './columns.ts'

interface Row {
  name: string
  cost: number | null
}
const columns: Column<Row>[] = [
  { id: 'name', title: 'Name', value: (row) => row.name },
  { id: 'cost', title: 'Cost, EUR', value: (row) => row.cost, number: true },
]
const rows: Row[] = [
  { name: 'b10', cost: null },
  { name: 'a', cost: 2 },
  { name: 'b9', cost: 11 },
]

describe('sortRows', () => {
  it('puts unknown last in both directions', () => {
    const names = (desc: boolean) => sortRows(rows, columns, { id: 'cost', desc }).map((row) => row.name)
    expect(names(true)).toEqual(['b9', 'a', 'b10'])
    expect(names(false)).toEqual(['a', 'b9', 'b10'])
  })

  it('orders digits in names as people count', () => {
    expect(sortRows(rows, columns, { id: 'name', desc: false }).map((row) => row.name)).toEqual(['a', 'b9', 'b10'])
  })

  it('leaves rows alone when the column is gone', () => {
    expect(sortRows(rows, columns, { id: 'other', desc: true })).toEqual(rows)
  })
})

describe('toCsv', () => {
  it('quotes what needs it and disarms formulas', () => {
    const csv = toCsv([{ name: '=HYPERLINK("x"), y', cost: -3 }], columns)
    expect(csv).toBe('Name,"Cost, EUR"\r\n"\'=HYPERLINK(""x""), y",-3\r\n')
  })
})
