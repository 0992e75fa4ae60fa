import type { NextConfig } from 'next'

/**
 * Parts of Next's own browser runtime that this product never runs, replaced in the production build. The names are Next's,
 * so they are looked at again with every new version of it: e2e/journeys/weight.spec.ts fails when they no longer fit.
 */
const LIGHTER_RUNTIME = {
  '../build/polyfills/polyfill-module': { browser: './app/_lib/next-runtime/no-polyfills.ts' },
  '../../../lib/constants': { browser: './app/_lib/next-runtime/constants.ts' },
  '../../../../lib/constants': { browser: './app/_lib/next-runtime/constants.ts' },
  './builtin/global-error': { browser: './app/global-error.tsx' },
  '../components/builtin/global-error': { browser: './app/global-error.tsx' },
}

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run check` holds the types; a build that checks them again only costs its user time.
  typescript: { ignoreBuildErrors: true },
  // Native or worker-thread packages that a bundle would break.
  serverExternalPackages: [
    '@node-rs/argon2',
    '@clickhouse/client',
    '@prisma/client',
    '@prisma/adapter-pg',
    'pg',
    'pino',
    'prom-client',
    'maxmind',
    'nodemailer',
    'rate-limiter-flexible',
  ],
  turbopack: {
    root: import.meta.dirname,
    resolveAlias: process.env.NODE_ENV === 'production' ? LIGHTER_RUNTIME : {},
  },
  devIndicators: false,
  // Less JavaScript for the browser; e2e/journeys/weight.spec.ts holds the budget.
  experimental: {
    turbopackCjsTreeShaking: true,
    turbopackCjsScopeHoisting: true,
    turbopackCrossModuleConstants: true,
    turbopackMangleExportNames: true,
  },
}

export default config
