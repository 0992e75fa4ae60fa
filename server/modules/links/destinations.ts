import { domainToASCII } from 'node:url'

/** Schemes that run code, read files or show the browser's own pages; never a destination. */
const REFUSED_SCHEMES = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'filesystem:',
  'about:',
  'view-source:',
  'ftp:',
  'ws:',
  'wss:',
  'chrome:',
  'resource:',
])

/**
 * Checks a destination of a link.
 * @param kind `web`: http or https; `app`: also an app's own scheme, such as mygame://level/3 or market://details?id=…
 * @returns the address as browsers will read it, or what is wrong with it
 */
export function normalizeDestination(kind: 'web' | 'app', given: string): { value: string } | { problem: string } {
  const value = given.trim()
  if (value.length > 2000) return { problem: 'This address is longer than 2,000 characters.' }
  const example = kind === 'web' ? 'https://example.com/page' : 'https://example.com/page or mygame://page'
  if (!URL.canParse(value)) return { problem: `This is not a complete address. It looks like ${example}.` }
  const url = new URL(value)
  const web = url.protocol === 'https:' || url.protocol === 'http:'
  if (!web && (kind === 'web' || REFUSED_SCHEMES.has(url.protocol)))
    return { problem: `Addresses that begin with ${url.protocol} are not allowed here. It looks like ${example}.` }
  if (url.username || url.password) return { problem: 'An address with a user name or password in it is not allowed.' }
  return { value: web ? url.href : value }
}

/** A host name as links keep it: lower case, ASCII form, without scheme, port or path; undefined when it is none. */
export function normalizeHost(given: string): string | undefined {
  const bare = given
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/:].*$/, '')
  const host = domainToASCII(bare)
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(host) && host.length <= 253 ? host : undefined
}
