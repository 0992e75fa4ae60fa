import { expect, test } from 'vitest'
import { safeNext } from './safe-next.ts'

test.each(['/acme/game?from=2026-01-01', '/onboarding', '/a#b'])('a path of this site is kept: %s', (path) => {
  expect(safeNext(path)).toBe(path)
})

test.each([
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '/\t/evil.example',
  'javascript:alert(1)',
  'sign-in',
  '',
  null,
  undefined,
])('anything that could lead elsewhere becomes the fallback: %j', (given) => {
  expect(safeNext(given, '/home')).toBe('/home')
})
