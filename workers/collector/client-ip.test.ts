import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { parseTrustedProxies } from '#server/platform/client-ip.ts'
import { clientIpReader } from './client-ip.ts'

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
