import { type NextRequest, NextResponse } from 'next/server'
import { env } from '#server/platform/env.ts'
import { AppError, toErrorResponse } from '#server/platform/errors.ts'
import { newId } from '#server/platform/ids.ts'

/**
 * The content security policy of one response. Scripts and style sheets need this request's nonce; style attributes are
 * allowed, because charts and pop-ups are positioned by them. Development adds what its tooling needs.
 */
function contentSecurityPolicy(nonce: string, https: boolean, development: boolean): string {
  return [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? ` 'unsafe-eval'` : ''}`,
    development ? `style-src 'self' 'unsafe-inline'` : `style-src 'self' 'nonce-${nonce}'`,
    `style-src-attr 'unsafe-inline'`,
    `img-src 'self' data: blob:`,
    `font-src 'self'`,
    `connect-src 'self'`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
    ...(https ? ['upgrade-insecure-requests'] : []),
  ].join('; ')
}

/** Answers an address whose percent escapes are no UTF-8: Next's router would fail on it with a bare 500. */
function malformed(path: string): NextResponse | undefined {
  try {
    decodeURIComponent(path)
    return undefined
  } catch {
    const message = 'The address contains a broken percent escape. Correct it and try again.'
    const { status, body } = toErrorResponse(new AppError('bad_request', message), newId('request'))
    const headers = { 'x-request-id': body.error.request_id, 'cache-control': 'no-store' }
    if (path === '/api' || path.startsWith('/api/')) return NextResponse.json(body, { status, headers })
    return new NextResponse(message, { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' } })
  }
}

/** Security headers for every page and route; tells the layouts the path they are rendered for. */
export function proxy(request: NextRequest): NextResponse {
  const e = env()
  const https = e.WEB_URL.startsWith('https:')
  const nonce = btoa(crypto.randomUUID())
  const policy = contentSecurityPolicy(nonce, https, e.NODE_ENV === 'development')
  const headers = new Headers(request.headers)
  headers.set('content-security-policy', policy)
  headers.set('x-path', request.nextUrl.pathname + request.nextUrl.search)
  const response = malformed(request.nextUrl.pathname) ?? NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  response.headers.set('x-content-type-options', 'nosniff')
  response.headers.set('x-frame-options', 'DENY')
  response.headers.set('referrer-policy', 'strict-origin-when-cross-origin')
  response.headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()')
  response.headers.set('cross-origin-opener-policy', 'same-origin')
  if (https) response.headers.set('strict-transport-security', 'max-age=63072000; includeSubDomains')
  return response
}

export const config = { matcher: '/((?!_next/static|_next/image).*)' }
