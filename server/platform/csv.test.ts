import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { lastOfEach, readCsv } from './csv.ts'

const schema = z.object({ name: z.string().min(1, 'name is empty.'), amount: z.string().regex(/^\d+$/, 'No number.') })
const read = (text: string) => readCsv(text, { required: ['name', 'amount'] }, schema)

describe('readCsv', () => {
  it('takes what spreadsheets write: byte order mark, quotes, CRLF, semicolons, tabs, any order and case', () => {
    const rows = [{ name: 'a "b"; c', amount: '1' }]
    expect(read('\uFEFFAmount;Name\r\n1;"a ""b""; c"\r\n').rows).toEqual(rows)
    expect(read('name\tamount\na "b"; c\t1'.replace('a "b"; c', '"a ""b""; c"')).rows).toEqual(rows)
    expect(read('"name","amount"\n\n"a ""b""; c",1\n').rows).toEqual(rows)
  })
  it('keeps good lines and names line and field of bad ones, counting the header and line breaks inside quotes', () => {
    const { rows, rejected } = read('name,amount\n"two\nlines",1\n,2\nok,x\nshort\nfine,3')
    expect(rows.map((row) => row.name)).toEqual(['two\nlines', 'fine'])
    expect(rejected.map(({ line, field }) => [line, field])).toEqual([
      [4, 'name'],
      [5, 'amount'],
      [6, 'amount'],
    ])
  })
  it('says which column is absent, and that a broken file is no CSV', () => {
    expect(() => read('name,sum\na,1')).toThrow(/lacks amount\. Columns: name, amount/)
    expect(() => read('')).toThrow(/lacks name, amount/)
    expect(() => read('name,amount\n"never closed,1')).toThrow(/not a readable CSV near line/)
  })
  it('keeps the last line of a key', () => {
    expect(lastOfEach(['a1', 'b1', 'a2'], (text) => text.charAt(0))).toEqual(['a2', 'b1'])
  })
})
