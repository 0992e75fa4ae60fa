import { env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses a request that another site's page made with our visitor's cookie. Browsers name the site in Sec-Fetch-Site, or
 * the page's origin in Origin, and pages cannot change either; what sends neither is no browser and carries no visitor's cookie.
 * @throws AppError forbidden
 */
export function assertSameOrigin(request: Request): void {
  if (READS.has(request.method)) return
  const refused = new AppError(
    'forbidden',
    'This request came from another site. Open the page again and repeat it there.',
  )
  const site = request.headers.get('sec-fetch-site')
  if (site) {
    if (site !== 'same-origin' && site !== 'none') throw refused
    return
  }
  const origin = request.headers.get('origin')
  if (!origin) return
  const host = URL.canParse(origin) ? new URL(origin).host : undefined
  if (origin !== new URL(env().WEB_URL).origin && host !== request.headers.get('host')) throw refused
}
