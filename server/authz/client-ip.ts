import { BlockList, isIP } from 'node:net'
import { env } from '#server/platform/env.ts'

let trusted: { source: string; list: BlockList } | undefined

function trustedProxies(): BlockList {
  const source = env().TRUSTED_PROXIES
  if (trusted?.source === source) return trusted.list
  const list = new BlockList()
  for (const entry of source.split(',').map((part) => part.trim())) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (!isIP(address)) continue
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  trusted = { source, list }
  return list
}

/**
 * The address a request of the web process came from: the last hop of X-Forwarded-For that is no trusted proxy. The web
 * server itself writes the connection's address there when no proxy did.
 * @returns the address, or `unknown`
 */
export function clientIp(headers: Headers): string {
  const hops = (headers.get('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim().replace(/^::ffff:/, ''))
  let nearest = 'unknown'
  for (const hop of hops.reverse()) {
    const family = isIP(hop)
    if (family === 0) break
    nearest = hop
    if (!trustedProxies().check(hop, family === 6 ? 'ipv6' : 'ipv4')) break
  }
  return nearest
}
