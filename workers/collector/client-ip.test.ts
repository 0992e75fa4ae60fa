import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { parseTrustedProxies } from '#server/platform/client-ip.ts'
import { clientIpReader, networkOf } from './client-ip.ts'

const from = (peer: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage

describe('the client address', () => {
  const behind = clientIpReader(parseTrustedProxies('10.0.0.0/8, 2001:db8::/32, 192.0.2.7'))

  it.each([
    ['a stranger cannot claim another address', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['a trusted proxy names its client', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['what the client wrote before the proxy proves nothing', '10.1.2.3', '8.8.8.8, 198.51.100.1', '198.51.100.1'],
    ['a chain of trusted proxies is passed through', '10.1.2.3', '198.51.100.1, 192.0.2.7, 10.9.9.9', '198.51.100.1'],
    ['nothing but proxies: the farthest of them', '10.1.2.3', '10.9.9.9', '10.9.9.9'],
    ['no header: the proxy itself', '10.1.2.3', undefined, '10.1.2.3'],
    ['a malformed entry ends the walk', '10.1.2.3', '198.51.100.1, unknown', '10.1.2.3'],
    ['ports are cut off', '10.1.2.3', '198.51.100.1:8080', '198.51.100.1'],
    ['so are brackets', '10.1.2.3', '"[2001:4860::1]:443"', '2001:4860::1'],
    ['an IPv4 peer on a dual-stack socket', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['an IPv6 proxy', '2001:db8::1', '198.51.100.1', '198.51.100.1'],
    ['a closed connection has none', undefined, undefined, ''],
  ])('%s', (_what, peer, forwarded, expected) => {
    expect(behind(from(peer, forwarded))).toBe(expected)
  })

  it('trusts nobody by default', () => {
    expect(clientIpReader(parseTrustedProxies(''))(from('127.0.0.1', '198.51.100.1'))).toBe('127.0.0.1')
  })
})

describe('what limits count by', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['', ''],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
  ])('%s counts as %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })
})
