import { defineConfig } from 'vitest/config'

/** Two projects: `unit` needs nothing, `int` gets an embedded Postgres and ClickHouse from its global set-up. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{app,server,workers,cli,prisma,bench,sdk}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.int.test.ts', '**/node_modules/**'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'int',
          include: ['{app,server,workers,cli,prisma,bench,sdk,e2e}/**/*.int.test.ts'],
          exclude: ['**/node_modules/**'],
          environment: 'node',
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          globalSetup: ['e2e/fixtures/global-stores.ts'],
        },
      },
    ],
  },
})
