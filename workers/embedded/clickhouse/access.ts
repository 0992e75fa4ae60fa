import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type EngineError, frontError } from './errors.ts'

/** Whether an address or name can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(name) === 4) return name.startsWith('127.')
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost')
}

/**
 * Who may ask: programs on this machine, with the password where one is set. A web page in a browser on this machine
 * may not, whatever it knows: its requests carry `Origin` or `Sec-Fetch-Site`, or a foreign host name.
 * @returns the error to answer with, or nothing
 */
export function refuseAccess(
  request: IncomingMessage,
  url: URL,
  password: string | undefined,
): EngineError | undefined {
  const { headers } = request
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined || !isLoopback(url.hostname)) {
    return frontError('ACCESS_DENIED', 'The embedded engine answers programs on this machine, not web pages.')
  }
  if (password === undefined || password === '') return undefined
  const given = givenPassword(request, url)
  if (given !== undefined && sameText(given, password)) return undefined
  return frontError('AUTHENTICATION_FAILED', 'default: Authentication failed: password is incorrect or missing.')
}

function givenPassword(request: IncomingMessage, url: URL): string | undefined {
  const key = request.headers['x-clickhouse-key']
  if (typeof key === 'string') return key
  const basic = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (basic !== undefined) {
    const pair = Buffer.from(basic, 'base64').toString('utf8')
    return pair.slice(pair.indexOf(':') + 1)
  }
  return url.searchParams.get('password') ?? undefined
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
