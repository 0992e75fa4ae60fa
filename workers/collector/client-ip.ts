import type { IncomingMessage } from 'node:http'
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
