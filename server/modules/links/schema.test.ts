import { expect, test } from 'vitest'
import { normalizeDestination, normalizeHost } from './destinations.ts'
import { createLinkInput, updateLinkInput } from './schema.ts'

test.each([
  ['web', 'https://example.com/a?b=ü', 'https://example.com/a?b=%C3%BC'],
  ['web', ' http://localhost:8080/landing ', 'http://localhost:8080/landing'],
  ['app', 'mygame://level/3', 'mygame://level/3'],
  ['app', 'market://details?id=com.example.game', 'market://details?id=com.example.game'],
] as const)('%s: %s is a destination', (kind, given, value) => {
  expect(normalizeDestination(kind, given)).toEqual({ value })
})

test.each([
  ['app', 'javascript:alert(1)'],
  ['app', 'JaVaScRiPt:alert(1)'],
  ['app', 'java\nscript:alert(1)'],
  ['app', 'data:text/html,x'],
  ['app', 'file:///etc/passwd'],
  ['app', 'blob:https://example.com/x'],
  ['web', 'mygame://level'],
  ['web', 'https://user:pass@example.com/'],
  ['web', '//example.com'],
  ['web', 'example.com'],
  ['web', `https://example.com/${'x'.repeat(2000)}`],
] as const)('%s: %j is refused', (kind, given) => {
  expect(normalizeDestination(kind, given)).toHaveProperty('problem')
})

test('hosts are kept lower case and in ASCII, without scheme, port or path', () => {
  expect(normalizeHost('https://Shop.Bücher.example:8080/x')).toBe('shop.xn--bcher-kva.example')
  expect(normalizeHost('*.example.com')).toBeUndefined()
  expect(normalizeHost('')).toBeUndefined()
})

test('a bad destination and a bad host are reported at their fields', () => {
  const input = { mediaSource: 'x', campaign: 'y', webUrl: 'javascript:1', allowedHosts: ['a b'] }
  expect(createLinkInput.safeParse(input).error?.issues.map(({ path }) => path.join('.'))).toEqual([
    'webUrl',
    'allowedHosts',
  ])
})

test('a media source may not be called organic, which reports use for installs without an ad', () => {
  expect(createLinkInput.safeParse({ mediaSource: ' Organic ', campaign: 'y' }).success).toBe(false)
})

test('a link is no retargeting link unless it is said, and a change that does not say so leaves it', () => {
  expect(createLinkInput.parse({ mediaSource: 'x', campaign: 'y' }).isRetargeting).toBe(false)
  expect(createLinkInput.parse({ mediaSource: 'x', campaign: 'y', isRetargeting: true }).isRetargeting).toBe(true)
  expect(updateLinkInput.parse({ linkId: 'x' })).not.toHaveProperty('isRetargeting')
})

test('a change leaves absent fields absent and empties those that are sent empty', () => {
  expect(updateLinkInput.parse({ linkId: 'x', webUrl: '' })).toEqual({ linkId: 'x', webUrl: null })
})
