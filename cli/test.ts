import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { buildWeb } from './stack/build.ts'
import { ensureChromium } from './stack/chromium.ts'

/**
 * `npm test`: everything that must hold, in the order of how soon it fails. `--only check|unit|int|tenancy|faults|e2e` runs a part.
 * Its last line is `N passed, N failed`.
 */
const ROOT = resolve(import.meta.dirname, '..')
const require = createRequire(import.meta.url)
const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean', default: false } } })
const scratch = mkdtempSync(join(tmpdir(), 'unmogrowp-test-'))
const counts = { passed: 0, failed: 0, skipped: 0 }

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number().default(0),
  numFailedTestSuites: z.number().default(0),
})
const playwrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
})

function run(args: string[], env: Record<string, string> = {}): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: 'inherit' })
    child.once('exit', (code) => done(code === 0))
  })
}

function readJson<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

/** Counts a step as one test where it has no finer count, so that a crash of the runner is never zero failures. */
function count(ok: boolean, passed: number, failed: number, skipped = 0): boolean {
  counts.passed += passed
  counts.failed += ok ? failed : Math.max(failed, 1)
  counts.skipped += skipped
  // The reports have the last word: a runner's exit code has been seen to say 0 beside a failed test.
  return ok && failed === 0
}

async function vitest(project: string, paths: string[] = []): Promise<boolean> {
  const file = join(scratch, `${project}.json`)
  const bin = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs')
  const ok = await run([
    bin,
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...paths,
  ])
  const report = readJson(file, vitestReport)
  return count(
    ok && report !== null,
    report?.numPassedTests ?? 0,
    report?.numFailedTests ?? 0,
    report?.numPendingTests ?? 0,
  )
}

async function playwright(): Promise<boolean> {
  const chromium = ensureChromium((text) => console.log(text))
  await buildWeb()
  const file = join(scratch, 'e2e.json')
  const bin = join(dirname(require.resolve('@playwright/test/package.json')), 'cli.js')
  const ok = await run([bin, 'test', '--config', 'e2e/playwright.config.ts'], {
    CHROMIUM_PATH: chromium.path,
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  })
  const stats = readJson(file, playwrightReport)?.stats
  return count(
    ok && stats !== undefined,
    (stats?.expected ?? 0) + (stats?.flaky ?? 0),
    stats?.unexpected ?? 0,
    stats?.skipped ?? 0,
  )
}

const STEPS: Record<string, () => Promise<boolean>> = {
  check: async () => {
    const ok = await run([join(ROOT, 'cli/check.ts')])
    return count(ok, ok ? 1 : 0, ok ? 0 : 1)
  },
  unit: () => vitest('unit'),
  int: () => vitest('int'),
  tenancy: () => vitest('int', ['e2e/tenancy']),
  faults: () => vitest('int', ['e2e/faults']),
  e2e: playwright,
}
/** `tenancy` and `faults` are parts of `int`. */
const DEFAULT = ['check', 'unit', 'int', 'e2e']

const wanted = values.only ? values.only.split(',') : DEFAULT
let ok = true
for (const name of wanted) {
  const step = STEPS[name]
  if (!step) {
    console.error(`There is no step ${name}. Steps: ${Object.keys(STEPS).join(', ')}`)
    process.exit(2)
  }
  const started = Date.now()
  console.log(`\n== ${name}`)
  const passed = await step()
  console.log(`== ${name} ${passed ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(0)} s)`)
  ok &&= passed
}
rmSync(scratch, { recursive: true, force: true })
console.log(
  `\n${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
)
process.exit(ok ? 0 : 1)
