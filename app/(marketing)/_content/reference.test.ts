import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { envSchema } from '#server/platform/env.ts'
import { ENVIRONMENT } from './reference.ts'

const variables = Object.keys(envSchema.shape).sort()

describe('the list of environment variables', () => {
  it('is the same on the docs page as in the code', () => {
    expect(Object.keys(ENVIRONMENT).sort()).toEqual(variables)
  })

  it('is the same in the README as in the code', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].flatMap(([, name]) => name ?? [])
    expect(listed.sort()).toEqual(variables)
  })
})
