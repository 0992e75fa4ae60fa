import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { migrateClickHouse } from '#server/stores/clickhouse/migrate.ts'
import { type SpawnedClickHouse, silentLogger, spawnEmbeddedClickHouse } from '#workers/embedded/clickhouse/index.ts'

const slow = { timeout: 120_000 }
let engine: SpawnedClickHouse
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unmogrowp-run-'))
  engine = await spawnEmbeddedClickHouse({ dataDir: join(dir, 'clickhouse'), port: 0, logger: silentLogger })
  await migrateClickHouse(engine.url, 'unmogrowp')
})
afterAll(async () => {
  await engine?.close()
  await rm(dir, { recursive: true, force: true })
})

function start(args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      NODE_ENV: 'test',
      DATA_DIR: dir,
      HOST: '127.0.0.1',
      WORKER_PORT: '0',
      CLICKHOUSE_URL: engine.url,
      ...environment,
    },
  })
  let complaint = ''
  child.stderr?.on('data', (data: Buffer) => {
    complaint += String(data)
  })
  child.stdout?.resume()
  return { child, complaint: () => complaint }
}

const readySchema = z.object({ ready: z.literal(true), roles: z.array(z.string()), port: z.number().int() })

describe('a worker process', () => {
  it('says when it is ready, answers health, readiness and metrics, and ends cleanly on SIGTERM', slow, async () => {
    const { child } = start(['--roles', 'loader'])
    const [message] = await once(child, 'message')
    const { port, roles } = readySchema.parse(message)
    expect(roles).toEqual(['loader'])
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
    expect((await get('/healthz')).status).toBe(200)
    await expect
      .poll(async () => (await get('/readyz')).json(), { timeout: 30_000 })
      .toEqual({
        ready: true,
        checks: { clickhouse: 'ok', loader: 'ok' },
      })
    expect(await (await get('/metrics')).text()).toMatch(/^loader_lag_bytes 0$/m)
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await gone).toEqual([0, null])
  })

  it('is not ready while ClickHouse is away, and says so', slow, async () => {
    const { child } = start(['--roles', 'loader'], {
      CLICKHOUSE_URL: 'http://127.0.0.1:1',
      DATA_DIR: join(dir, 'away'),
    })
    const [message] = await once(child, 'message')
    const response = await fetch(`http://127.0.0.1:${readySchema.parse(message).port}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ ready: false, checks: { clickhouse: 'ClickHouse does not answer.' } })
    const gone = once(child, 'exit')
    child.kill('SIGINT')
    expect(await gone).toEqual([0, null])
  })

  it('ends when its parent has gone', slow, async () => {
    const { child } = start(['--roles', 'loader'], { DATA_DIR: join(dir, 'orphan') })
    await once(child, 'message')
    const gone = once(child, 'exit')
    child.disconnect()
    expect(await gone).toEqual([0, null])
  })

  it.each([
    [['--roles', 'loader,stoker'], {}, 2, /There is no role named stoker\.\nUse: npm run worker -- --roles/],
    [[], {}, 2, /No roles were given/],
    [['--rolls', 'loader'], {}, 2, /rolls/],
    [['--roles', 'loader'], { CLICKHOUSE_URL: '' }, 1, /^CLICKHOUSE_URL is not set\. /],
    [['--roles', 'loader'], { WORKER_PORT: 'many' }, 1, /^The environment does not fit:\n {2}WORKER_PORT: /],
  ])('refuses %j with %j in readable words', slow, async (args, environment, code, words) => {
    const { child, complaint } = start(args, environment)
    expect(await once(child, 'close')).toEqual([code, null])
    expect(complaint()).toMatch(words)
  })
})
