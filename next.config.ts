import type { NextConfig } from 'next'

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
  turbopack: { root: import.meta.dirname },
  devIndicators: false,
}

export default config
