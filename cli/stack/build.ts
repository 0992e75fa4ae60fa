import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { installScript } from '#sdk/build.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const STAMP = join(ROOT, '.next', 'source.sha256')
/** What the web build depends on. */
const SOURCES = [
  'app',
  'server',
  'prisma/schema',
  'public',
  'docs',
  'next.config.ts',
  'proxy.ts',
  'package-lock.json',
  'postcss.config.mjs',
  'tsconfig.json',
]

/** Next's own command line. */
export const NEXT_BIN = createRequire(import.meta.url).resolve('next/dist/bin/next')

/** SHA-256 over names and contents of everything the web build reads, so that a second start skips the build. */
function sourceHash(): string {
  const hash = createHash('sha256')
  const visit = (path: string) => {
    if (!existsSync(path)) return
    if (path.endsWith('generated')) return
    try {
      for (const name of readdirSync(path).sort()) visit(join(path, name))
    } catch {
      if (path.endsWith('.test.ts')) return
      hash.update(path.slice(ROOT.length)).update('\0').update(readFileSync(path)).update('\0')
    }
  }
  for (const source of SOURCES) visit(join(ROOT, source))
  return hash.digest('hex')
}

/** Whether `.next` holds a production build: none, one of older sources, or one of exactly these. */
export function buildState(): 'none' | 'old' | 'current' {
  if (!existsSync(join(ROOT, '.next', 'BUILD_ID'))) return 'none'
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sourceHash() ? 'current' : 'old'
}

/**
 * Builds the script that the collector serves, and the web app for production unless these very sources were built before.
 * @throws Error with the end of the build's output when it fails
 */
export async function buildWeb(options: { force?: boolean; output?: 'inherit' | 'quiet' } = {}): Promise<void> {
  await installScript()
  if (!options.force && buildState() === 'current') return
  const hash = sourceHash()
  // Types that `next dev` left behind would be checked too, and they name pages that may be gone.
  rmSync(join(ROOT, '.next', 'dev'), { recursive: true, force: true })
  let recent = ''
  const code = await new Promise<number | null>((done, fail) => {
    const child = spawn(process.execPath, [NEXT_BIN, 'build'], {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
      stdio: options.output === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    const keep = (chunk: Buffer) => {
      recent = `${recent}${chunk}`.slice(-6000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.once('error', fail)
    child.once('exit', done)
  })
  if (code !== 0) throw new Error(`The web app did not build (exit ${code}).\n${recent}`)
  writeFileSync(STAMP, hash)
}
