import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openRefused } from './refused.ts'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-refused-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const HEAD = 'line,field,code,message,row\n'
const row = (line: number) => ({ line, field: 'f', code: 'c', message: 'm', raw: 'r' })
const listed = async (file: string, bytes: number) => {
  const list = await openRefused(file, bytes)
  const length = await list.add([row(2)])
  await list.close()
  return { text: await readFile(file, 'utf8'), length }
}

it.each([
  ['is gone', null],
  ['is empty', ''],
])('a list that %s although rows were refused begins anew, with its head', async (name, content) => {
  const file = join(scratch, name)
  if (content !== null) await writeFile(file, content)
  const text = `${HEAD}2,f,c,m,r\n`
  expect(await listed(file, 4000)).toEqual({ text, length: text.length })
})

it('what was written after the rows that are done is cut off', async () => {
  const file = join(scratch, 'longer')
  const done = `${HEAD}1,f,c,m,r\n`
  await writeFile(file, `${done}7,f,c,m,r\n8,f,`)
  const text = `${done}2,f,c,m,r\n`
  expect(await listed(file, done.length)).toEqual({ text, length: text.length })
})
