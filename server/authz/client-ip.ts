import { type IsTrusted, lastUntrusted, parseTrustedProxies } from '#server/platform/client-ip.ts'
import { env } from '#server/platform/env.ts'

let trusted: { source: string; isTrusted: IsTrusted } | undefined

function trustedProxies(): IsTrusted {
  const source = env().TRUSTED_PROXIES
  if (trusted?.source !== source) trusted = { source, isTrusted: parseTrustedProxies(source) }
  return trusted.isTrusted
}

/**
 * The address a request of the web process came from: the last hop of X-Forwarded-For that is no trusted proxy. The web
 * server itself writes the connection's address there when no proxy did.
 * @returns the address, or `unknown`
 */
export function clientIp(headers: Headers): string {
  return lastUntrusted(headers.get('x-forwarded-for') ?? '', trustedProxies(), 'unknown')
}
