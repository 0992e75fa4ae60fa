import { randomFillSync } from 'node:crypto'

declare const brand: unique symbol
/** A string that only the named maker produces, so that an app's id is never passed where a link's is wanted. */
export type Branded<Name extends string> = string & { readonly [brand]: Name }

export type OrgId = Branded<'OrgId'>
export type AppId = Branded<'AppId'>
export type UserId = Branded<'UserId'>
export type LinkId = Branded<'LinkId'>
export type NetworkId = Branded<'NetworkId'>

const ALPHABET = '0123456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'

/** Random bytes in store: asking the system for a few at a time costs more than everything else about an id. */
const pool = new Uint8Array(4096)
let used = pool.length

function base58(length: number): string {
  let out = ''
  while (out.length < length) {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const byte = pool[used] ?? 255
    // Given out once: whoever reads this process's memory later finds no token in it.
    pool[used] = 0
    used += 1
    // 58 * 4 = 232: bytes past it would favour the alphabet's beginning.
    if (byte < 232) out += ALPHABET[byte % 58]
  }
  return out
}

const PREFIXES = {
  org: 'org',
  app: 'app',
  user: 'usr',
  session: 'ses',
  signUp: 'sup',
  reset: 'rst',
  ingestKey: 'ik',
  secretKey: 'sk',
  click: 'clk',
  view: 'vw',
  request: 'req',
  import: 'imp',
  replay: 'rpl',
  network: 'net',
} as const

/**
 * A new random id such as `app_8Kd…`: a prefix that says what it names and 20 characters of base 58 (117 bits).
 * @param kind what the id names
 */
export function newId(kind: keyof typeof PREFIXES): string {
  return `${PREFIXES[kind]}_${base58(20)}`
}

/** A tracking link's public id: 10 characters of base 58 (58 bits), short enough for a QR code. */
export function newLinkId(): LinkId {
  return base58(10) as LinkId
}

/** A secret token for keys, sessions and mailed links: `length` characters of base 58 (5.86 bits each). */
export function newToken(length = 40): string {
  return base58(length)
}
