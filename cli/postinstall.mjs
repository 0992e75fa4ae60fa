// Generates the Prisma client after `npm ci`. Prisma would download its schema engine first; any existing executable
// named here keeps it from that, and generating does not run it (migrations use the WebAssembly engine).
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js')
const result = spawnSync(process.execPath, [prisma, 'generate'], {
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  },
  encoding: 'utf8',
})
if (result.status !== 0) {
  console.error(`${result.stdout}${result.stderr}`)
  process.exit(result.status ?? 1)
}
