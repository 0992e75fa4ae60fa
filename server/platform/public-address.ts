import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { plainAddress } from './client-ip.ts'

/** Ranges that are no public destination (IANA's special-purpose registries), as [address, bits]. */
const V4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
/** Everything outside 2000::/3 is refused as a whole; these lie inside, or lead to IPv4 addresses. */
const V6: readonly [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]
const refused4 = new BlockList()
for (const [address, bits] of V4) refused4.addSubnet(address, bits, 'ipv4')
const refused6 = new BlockList()
for (const [address, bits] of V6) refused6.addSubnet(address, bits, 'ipv6')
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')

/** Names that never lead out of a machine or its network (RFC 6761, RFC 6762, and what clouds call their own). */
const PRIVATE_NAMES = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|onion|invalid)$/

/** Whether an address is one that anybody on the internet has; what is no address is not. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address.toLowerCase())
  const family = isIP(plain)
  if (family === 4) return !refused4.check(plain, 'ipv4')
  return family === 6 && global6.check(plain, 'ipv6') && !refused6.check(plain, 'ipv6')
}

/**
 * Whether a URL's host may be a public one as far as its spelling tells. A name says nothing about where it leads: for
 * that there is `publicLookup`.
 */
export function mayBePublic(hostname: string): boolean {
  const bare = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (isIP(bare)) return isPublicAddress(bare)
  return bare.includes('.') && !PRIVATE_NAMES.test(bare)
}

/**
 * A `lookup` for node:http and node:https that finds public addresses only. It decides at the moment of connecting, so a
 * name whose answer changes between a check and its use leads nowhere else.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, [])
    const open = found.filter(({ address }) => isPublicAddress(address))
    const [first] = open
    if (!first) return callback(new PrivateAddress(hostname), [])
    if (options.all) return callback(null, open)
    return callback(null, first.address, first.family)
  })
}

/** A host that leads to a private, loopback or reserved address. */
export class PrivateAddress extends Error {
  constructor(hostname: string) {
    super(`${hostname} leads to a private address.`)
    this.name = 'PrivateAddress'
  }
}
