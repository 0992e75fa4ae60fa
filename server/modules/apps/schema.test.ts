import { expect, test } from 'vitest'
import { createAppInput, normalizeBundleId, normalizeStoreId } from './schema.ts'

test.each([
  ['android', 'com.example.Game_2'],
  ['ios', 'com.example-games.game'],
  ['web', 'shop.example.com'],
  ['web', 'localhost'],
] as const)('%s: %s is taken as it is', (platform, id) => {
  expect(normalizeBundleId(platform, ` ${id} `)).toEqual({ value: id })
})

test('a web app typed as an address is named by its host, in ASCII', () => {
  expect(normalizeBundleId('web', 'https://Bücher.example/shop?x=1')).toEqual({ value: 'xn--bcher-kva.example' })
})

test.each([
  ['android', 'game'],
  ['android', 'com.1game'],
  ['android', 'com.example-game'],
  ['android', ''],
  ['ios', 'com example'],
  ['ios', 'com.example_game'],
  ['web', 'not a host'],
  ['web', 'user@example.com'],
] as const)('%s: %j is refused with an example', (platform, id) => {
  expect(normalizeBundleId(platform, id)).toEqual({ problem: expect.stringContaining('example') })
})

test('an App Store id is digits, with or without id before them', () => {
  expect(normalizeStoreId('ios', 'id1234567890')).toEqual({ value: '1234567890' })
  expect(normalizeStoreId('ios', 'com.example')).toHaveProperty('problem')
})

test('problems are reported at their fields, and a zone that does not exist is one', () => {
  const fields = (input: unknown) => createAppInput.safeParse(input).error?.issues.map(({ path }) => path.join('.'))
  expect(fields({ name: 'x', platform: 'ios', bundleId: 'bad', storeId: 'bad' })).toEqual(['bundleId', 'storeId'])
  expect(fields({ name: 'x', platform: 'web', bundleId: 'example.com', timezone: 'Mars/Base' })).toEqual(['timezone'])
  expect(fields({ name: 'x', platform: 'web', bundleId: 'example.com', timezone: '+01:00' })).toEqual(['timezone'])
})
