import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { slugify } from '#server/platform/text.ts'
import { freeSlug, RESERVED_APP_SLUGS, RESERVED_SLUGS } from './slugs.ts'

/** First address parts below a folder of app/; route groups in parentheses are no part of an address. */
function segments(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^[_[@]/.test(entry.name))
    .flatMap((entry) => (entry.name.startsWith('(') ? segments(`${folder}/${entry.name}`) : [entry.name]))
}

test('every route of app/ is reserved, so that no organization hides it', () => {
  const routes = segments('app')
  expect(routes).toContain('sign-in')
  expect(routes.filter((name) => !RESERVED_SLUGS.has(name))).toEqual([])
})

test('every fixed page below an organization is reserved, so that no app hides it', () => {
  const routes = existsSync('app/[org]') ? segments('app/[org]') : []
  expect(routes.filter((name) => !RESERVED_APP_SLUGS.has(name))).toEqual([])
})

test.each([
  ['Acme Games', 'acme-games'],
  ['  Čačak & Šabac! ', 'cacak-sabac'],
  ['a', 'fallback'],
  ['東京', 'fallback'],
  ['../../etc', 'etc'],
  [`${'x'.repeat(39)} y`, 'x'.repeat(39)],
])('%j becomes %j', (name, slug) => {
  expect(slugify(name, 'fallback')).toBe(slug)
})

test('a taken address gets the first free number, and letters when ten are taken', async () => {
  const taken = new Set(['acme', 'acme-2'])
  expect(
    await freeSlug(
      'acme',
      async (slug) => taken.has(slug),
      () => 'XyZ',
    ),
  ).toBe('acme-3')
  expect(
    await freeSlug(
      'acme',
      async () => true,
      () => 'XyZ',
    ),
  ).toBe('acme-xyz')
})
