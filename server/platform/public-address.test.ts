import { describe, expect, it } from 'vitest'
import { isPublicAddress, mayBePublic, PrivateAddress, publicLookup } from './public-address.ts'

describe('a public address', () => {
  it.each(['1.1.1.1', '93.184.215.14', '172.32.0.1', '100.63.255.255', '2606:4700::1111', '2a00:1450:4001::200e'])(
    '%s is one',
    (address) => expect(isPublicAddress(address)).toBe(true),
  )

  it.each([
    ...['127.0.0.1', '127.255.255.254', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254'],
    ...['0.0.0.0', '100.64.0.1', '224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.7'],
    ...[
      '::',
      '::1',
      'fe80::1',
      'fd00::1',
      'fc00::1',
      'ff02::1',
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
    ],
    ...['64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1', '::127.0.0.1'],
    ...['', 'localhost', '1.1.1', '0x7f.1'],
  ])('%s is none', (address) => expect(isPublicAddress(address)).toBe(false))
})

describe('a host in a URL', () => {
  const hostOf = (url: string) => new URL(url).hostname

  it.each([
    ...[
      'http://localhost/',
      'http://LOCALHOST./',
      'http://a.localhost/',
      'http://db/',
      'http://metadata.google.internal/',
    ],
    // Other spellings of 127.0.0.1 that URLs allow.
    ...['http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/', 'http://127.1/', 'http://[::1]/'],
    ...['http://[::ffff:127.0.0.1]/', 'http://printer.local/'],
  ])('%s cannot be public', (url) => expect(mayBePublic(hostOf(url))).toBe(false))

  it.each([
    'https://claims.example.com/',
    'https://1.1.1.1/',
    'https://[2606:4700::1111]/',
    'https://local.example.com/',
  ])('%s may be public', (url) => expect(mayBePublic(hostOf(url))).toBe(true))
})

describe('a look-up for connecting', () => {
  it.each([true, false])('refuses a name that leads to this machine (all: %s)', async (all) => {
    const error = await new Promise((resolve) => {
      publicLookup('localhost', { all }, (problem) => resolve(problem))
    })
    expect(error).toBeInstanceOf(PrivateAddress)
  })
})
