import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { type IsTrusted, lastUntrusted, plainAddress } from '#server/platform/client-ip.ts'

/** The caller's address behind the proxies that are trusted; empty where the connection has none. */
export type ClientIp = (request: IncomingMessage) => string

/**
 * Finds the caller's address: the connection's own, or, where that is a trusted proxy, the last address in
 * X-Forwarded-For that is none. What stands before it was written by the caller and proves nothing.
 */
export function clientIpReader(isTrusted: IsTrusted): ClientIp {
  return (request) => {
    const peer = plainAddress(request.socket.remoteAddress ?? '')
    if (!isTrusted(peer)) return peer
    const header = request.headers['x-forwarded-for']
    return lastUntrusted(Array.isArray(header) ? header.join(',') : (header ?? ''), isTrusted, peer)
  }
}

/**
 * What limits for an address count by: an IPv4 address itself, of an IPv6 address the first 64 bits. Providers give whole
 * networks of that size to one customer (RFC 6177), who would have a limit of its own for each of 2^64 addresses.
 */
export function networkOf(ip: string): string {
  if (!ip.includes(':') || !isIPv6(ip)) return ip
  const [head = '', tail] = (ip.split('%')[0] ?? '').toLowerCase().split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const [first, last] = [groups(head), groups(tail)]
  const missing = 8 - first.length - last.length - (ip.includes('.') ? 1 : 0)
  const whole = [...first, ...Array.from({ length: tail === undefined ? 0 : missing }, () => '0'), ...last]
  const numbers = whole.map((group) => Number.parseInt(group, 16))
  // ::ffff:192.0.2.1 is an IPv4 address in whichever way it is written.
  if (numbers[5] === 0xffff && numbers.slice(0, 5).every((number) => number === 0)) return ip
  return `${numbers
    .slice(0, 4)
    .map((number) => number.toString(16))
    .join(':')}::/64`
}
