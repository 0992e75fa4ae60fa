import type { MetadataRoute } from 'next'
import { env } from '#server/platform/env.ts'

/** Rendered per request: the address is the installation's, not the build machine's. */
export const dynamic = 'force-dynamic'

/** Public pages under this installation's own address. */
export default function sitemap(): MetadataRoute.Sitemap {
  return ['/', '/pricing', '/docs', '/docs/measurements'].map((path) => ({ url: new URL(path, env().WEB_URL).href }))
}
