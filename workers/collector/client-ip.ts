import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** The caller's address behind the proxies that are trusted; empty where the connection has none. */
export type ClientIp = (request: IncomingMessage) => string

/** `::ffff:192.0.2.1` is how a dual-stack socket writes 192.0.2.1. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** `1.2.3.4:5678`, `[::1]:80` and quotes occur in X-Forwarded-For; anything that is no address becomes empty. */
function forwarded(entry: string): string {
  const text = entry.trim().replace(/^"|"$/g, '')
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? (/^(\d+(?:\.\d+){3}):\d+$/.exec(text)?.[1] || text)
  return isIP(bare) ? plain(bare) : ''
}

/** Whether an address belongs to one of the configured proxies. */
export type IsTrusted = (address: string) => boolean

/**
 * Reads TRUSTED_PROXIES: comma-separated addresses or CIDR ranges.
 * @throws Error naming the entry that is neither
 */
export function parseTrustedProxies(list: string): IsTrusted {
  const block = new BlockList()
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address)
    const most = family === 4 ? 32 : 128
    const length = bits === undefined ? most : Number(bits)
    if (family === 0 || !/^\d{0,3}$/.test(bits ?? '') || length > most) {
      throw new Error(`TRUSTED_PROXIES: "${entry}" is neither an address nor a range such as 10.0.0.0/8.`)
    }
    block.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
  }
  if (entries.length === 0) return () => false
  return (address) => {
    const family = isIP(address)
    return family !== 0 && block.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/**
 * Finds the caller's address: the connection's own, or, where that is a trusted proxy, the last address in
 * X-Forwarded-For that is none. What stands before it was written by the caller and proves nothing.
 */
export function clientIpReader(isTrusted: IsTrusted): ClientIp {
  return (request) => {
    const peer = plain(request.socket.remoteAddress ?? '')
    if (!isTrusted(peer)) return peer
    const header = request.headers['x-forwarded-for']
    const entries = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
    let nearest = peer
    for (let place = entries.length - 1; place >= 0; place -= 1) {
      const address = forwarded(entries[place] ?? '')
      if (address === '') return nearest
      nearest = address
      if (!isTrusted(address)) return address
    }
    return nearest
  }
}
