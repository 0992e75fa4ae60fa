import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'

/**
 * Makes every HTTP server of this process append its peer's address to X-Forwarded-For before anybody reads it. Next sets
 * that header only where the client sent none, so that a client could choose the address it is counted under.
 * Call once, before the server starts.
 */
export function appendPeerToForwardedFor(): void {
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: IncomingMessage }
    const given = request.headers['x-forwarded-for']
    const peer = request.socket.remoteAddress ?? 'unknown'
    request.headers['x-forwarded-for'] = given ? `${[given].flat().join(', ')}, ${peer}` : peer
  })
}
