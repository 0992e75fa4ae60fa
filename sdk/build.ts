import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/**
 * `npm run build:sdk`: the npm package in sdk/dist, with types, and the script-tag build that the collector serves.
 */
const FOLDER = import.meta.dirname
const DIST = join(FOLDER, 'dist')

/** What every build is compiled down to: all browsers of the last three years. */
const TARGET = 'es2021'

async function bundle(entry: string, format: 'esm' | 'iife'): Promise<string> {
  const { rolldown } = await import('rolldown')
  const build = await rolldown({ input: join(FOLDER, `${entry}.ts`), transform: { target: TARGET } })
  try {
    const { output } = await build.generate({ format, minify: true })
    return output[0].code
  } finally {
    await build.close()
  }
}

/** Builds one entry. @returns its minified JavaScript */
export const buildEntry = (entry: 'browser' | 'react-native') => bundle(entry, 'esm')
/** Builds what a script tag loads. @returns minified JavaScript that leaves `window.unmogrowp` */
export const buildScript = () => bundle('script', 'iife')
/** Where the collector finds the script. */
export const SCRIPT_FILE = join(DIST, 'script.js')

/** Builds the script and puts it where the collector serves it from, unless the same is there. */
export async function installScript(): Promise<void> {
  const code = await buildScript()
  mkdirSync(DIST, { recursive: true })
  let before = ''
  try {
    before = readFileSync(SCRIPT_FILE, 'utf8')
  } catch {
    // The first build.
  }
  if (before === code) return
  // Collectors may be serving it.
  writeFileSync(`${SCRIPT_FILE}.${process.pid}`, code)
  renameSync(`${SCRIPT_FILE}.${process.pid}`, SCRIPT_FILE)
}

/**
 * Writes the types of both entries.
 * @param outDir where to
 * @throws Error with the compiler's words
 */
export function buildTypes(outDir = join(DIST, 'types')): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, '-p', join(FOLDER, 'tsconfig.json'), '--outDir', outDir],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`The SDK's types do not build.\n${stdout}`)
}

if (import.meta.main) {
  rmSync(DIST, { recursive: true, force: true })
  buildTypes()
  await installScript()
  for (const entry of ['browser', 'react-native'] as const)
    writeFileSync(join(DIST, `${entry}.js`), await buildEntry(entry))
  for (const name of ['browser', 'react-native', 'script']) {
    const code = readFileSync(join(DIST, `${name}.js`))
    process.stdout.write(`${name}.js  ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzip\n`)
  }
}
