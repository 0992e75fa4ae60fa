import { defineConfig } from '@playwright/test'
import { CHROMIUM_ARGS } from '../cli/stack/chromium.ts'

/** Journeys in a real Chromium against the product as the demo command starts it. */
export default defineConfig({
  testDir: './journeys',
  testMatch: '**/*.spec.ts',
  fullyParallel: false,
  workers: 1,
  retries: 0,
  // A loaded machine takes minutes for a journey with axe at every page; what hangs is found by the expectations below.
  timeout: 300_000,
  expect: { timeout: 15_000 },
  outputDir: '../test-results',
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME
    ? [['list'], ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME }]]
    : [['list']],
  globalSetup: './fixtures/global-demo.ts',
  use: {
    launchOptions: {
      args: CHROMIUM_ARGS,
      ...(process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {}),
    },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    locale: 'en-US',
    timezoneId: 'UTC',
  },
})
