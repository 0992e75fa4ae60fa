import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import * as ours from './constants.ts'

const require = createRequire(import.meta.url)
const next = dirname(require.resolve('next/package.json'))

it('have the values that Next gives them', () => {
  const theirs = require('next/dist/lib/constants') as Record<string, unknown>
  for (const [name, value] of Object.entries(ours)) expect(theirs[name], name).toBe(value)
})

it("are all that Next's browser runtime reads of its file", () => {
  const folder = join(next, 'dist/client/components')
  const used = new Set<string>()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.js'))) {
    const text = readFileSync(join(folder, name), 'utf8')
    const variable = /const (\w+) = require\("(?:\.\.\/){3,4}lib\/constants"\)/.exec(text)?.[1]
    if (variable) for (const match of text.matchAll(new RegExp(`${variable}\\.(\\w+)`, 'g'))) used.add(match[1] ?? '')
  }
  expect(used.size).toBeGreaterThan(0)
  expect([...used].filter((name) => !(name in ours))).toEqual([])
})
