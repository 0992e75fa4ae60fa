import type { MetadataRoute } from 'next'
import { env } from '#server/platform/env.ts'

/** Rendered per request: the address is the installation's, not the build machine's. */
export const dynamic = 'force-dynamic'

/** Public pages may be indexed. The console sends strangers to the sign-in page, so it needs no list of its addresses here. */
export default function robots(): MetadataRoute.Robots {
  return {
    rules: { userAgent: '*', allow: '/', disallow: ['/api/', '/sign-in', '/sign-up', '/onboarding'] },
    sitemap: new URL('/sitemap.xml', env().WEB_URL).href,
  }
}
