import { type SpawnOptions, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

/** `npm run check`: types, lint and format, architecture rules; each runs by itself so that all findings are seen at once. */
const ROOT = resolve(import.meta.dirname, '..')
const require = createRequire(import.meta.url)
const bin = (pkg: string, file: string) => join(dirname(require.resolve(`${pkg}/package.json`)), file)

const CHECKS: { name: string; args: string[] }[] = [
  { name: 'lint and format', args: [bin('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings', '.'] },
  {
    name: 'architecture',
    args: [
      join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'app',
      'server',
      'workers',
      'cli',
      'bench',
      'sdk',
      'e2e',
    ],
  },
  { name: 'types', args: [bin('typescript', 'bin/tsc'), '--noEmit', '-p', '.'] },
]

function run(args: string[], options: SpawnOptions): Promise<{ code: number | null; output: string }> {
  return new Promise((done) => {
    let output = ''
    const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    child.stderr?.on('data', (chunk) => {
      output += chunk
    })
    child.once('exit', (code) => done({ code, output }))
  })
}

let failed = 0
for (const { name, args } of CHECKS) {
  const started = Date.now()
  const { code, output } = await run(args, { cwd: ROOT })
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (code !== 0) {
    failed += 1
    console.log(output)
  }
}
process.exit(failed === 0 ? 0 : 1)
