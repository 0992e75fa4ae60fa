import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freePort } from '#cli/stack/ports.ts'
import { startEmbeddedPostgres } from './index.ts'

it('starts again after a kill -9 of the process that had started it, although Postgres itself went on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'unmogrowp-pg-'))
  chmodSync(dir, 0o755)
  const dataDir = join(dir, 'postgres')
  const script = `
    const { startEmbeddedPostgres } = await import('#workers/embedded/postgres/index.ts')
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, port: ${await freePort()} })
    console.log('ready')
    setInterval(() => {}, 1000)
  `
  const first = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(first.stdout, 'data')
  first.kill('SIGKILL')
  await once(first, 'exit')
  const second = await startEmbeddedPostgres({ dataDir, port: await freePort() })
  expect(second.adminUrl).toContain('127.0.0.1')
  await second.stop()
  rmSync(dir, { recursive: true, force: true })
})
