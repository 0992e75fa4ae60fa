import { BlockList, isIP } from 'node:net'

/** Whether an address belongs to one of the configured proxies. */
export type IsTrusted = (address: string) => boolean

/** `::ffff:192.0.2.1` is how a dual-stack socket writes 192.0.2.1. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** `1.2.3.4:5678`, `[::1]:80` and quotes occur in X-Forwarded-For; anything that is no address becomes empty. */
function forwarded(entry: string): string {
  const text = entry.trim().replace(/^"|"$/g, '')
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? (/^(\d+(?:\.\d+){3}):\d+$/.exec(text)?.[1] || text)
  return isIP(bare) ? plainAddress(bare) : ''
}

/**
 * Reads TRUSTED_PROXIES: comma-separated addresses or CIDR ranges; empty trusts nobody.
 * @throws Error naming the entry that is neither
 */
export function parseTrustedProxies(list: string): IsTrusted {
  const block = new BlockList()
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  for (const entry of entries) {
    const [address = '', bits, more] = entry.split('/')
    const family = isIP(address)
    const most = family === 4 ? 32 : 128
    const length = bits === undefined ? most : Number(bits)
    if (family === 0 || more !== undefined || !/^\d{1,3}$/.test(bits ?? '0') || length > most) {
      throw new Error(`"${entry}" is neither an address nor a range such as 10.0.0.0/8`)
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
 * The last address in X-Forwarded-For that is no trusted proxy; what stands before it was written by the caller and
 * proves nothing. Only for a header that a trusted proxy (or this process) wrote.
 * @returns the address; the farthest proxy where there are only proxies; `otherwise` where the last entry is no address
 */
export function lastUntrusted(header: string, isTrusted: IsTrusted, otherwise: string): string {
  const entries = header.split(',')
  let nearest = otherwise
  for (let place = entries.length - 1; place >= 0; place -= 1) {
    const address = forwarded(entries[place] ?? '')
    if (address === '') break
    nearest = address
    if (!isTrusted(address)) break
  }
  return nearest
}
