import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from './logger.ts'
import { startEmbeddedClickHouse } from './server.ts'
import { readySchema, spawnEmbeddedClickHouse } from './spawn.ts'
import { quietClient } from './testing/scratch-server.ts'

let dataDir: string
const children: ChildProcess[] = []

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'embedded-clickhouse-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(dataDir, { recursive: true, force: true })
})

async function start() {
  const server = await spawnEmbeddedClickHouse({ dataDir, port: 0, logger: silentLogger, graceMs: 3000 })
  children.push(server.process)
  return server
}

describe('the data directory', () => {
  it('holds every acknowledged insert after kill -9 in the middle of inserts, exactly once', async () => {
    let acknowledged = 0
    for (let round = 0; round < 2; round += 1) {
      const server = await start()
      const client = quietClient({ url: server.url })
      await client.command({
        query: 'CREATE TABLE IF NOT EXISTS k (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY batch',
      })
      const died = new Promise<void>((resolve) => server.process.once('exit', () => resolve()))
      setTimeout(() => process.kill(server.pid, 'SIGKILL'), 1000)
      const senders = Array.from({ length: 3 }, async (_, sender) => {
        for (let i = 0; ; i += 1) {
          const batch = round * 1_000_000 + sender * 100_000 + i
          const values = Array.from({ length: 100 }, (_, n) => ({ batch, n }))
          try {
            await client.insert({ table: 'k', values, format: 'JSONEachRow' })
            await client.insert({ table: 'k', values: [{ batch, n: 100 }], format: 'JSONEachRow' })
          } catch {
            return
          }
          acknowledged += 1
        }
      })
      await Promise.all(senders)
      await died
      await client.close()
    }
    expect(acknowledged).toBeGreaterThan(10)

    const server = await start()
    const client = quietClient({ url: server.url })
    const result = await client.query({
      query:
        'SELECT toUInt32(countIf(rows = 101 AND different = 101)) AS whole, toUInt32(countIf(rows NOT IN (100, 101) OR rows != different)) AS broken FROM (SELECT batch, count() AS rows, uniqExact(n) AS different FROM k GROUP BY batch)',
      format: 'JSONEachRow',
    })
    const [found] = await result.json<{ whole: number; broken: number }>()
    await client.close()
    await server.close()
    // A sender may have died between the store and its acknowledgement, so a few more than acknowledged may be whole.
    expect(found?.broken).toBe(0)
    expect(found?.whole).toBeGreaterThanOrEqual(acknowledged)
    expect(found?.whole).toBeLessThanOrEqual(acknowledged + 6)
  })

  it('is refused to a second process, which says who has it', async () => {
    const server = await start()
    await expect(start()).rejects.toThrow(new RegExp(`in use by process ${server.pid}`))
    await server.close()
    const next = await start()
    await next.close()
  })

  it('is refused on an address that others can reach', async () => {
    await expect(startEmbeddedClickHouse({ dataDir, port: 0, host: '0.0.0.0', logger: silentLogger })).rejects.toThrow(
      /loopback/,
    )
  })
})

describe('the executable', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))

  it('enlarges the thread pool itself, keeps its process id, and stops on SIGTERM after the running query', async () => {
    const child = spawn(process.execPath, [main, '--data-dir', dataDir, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    let said = ''
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString()
    })
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(data.toString())),
    )
    const ready = readySchema.parse(JSON.parse(line))
    expect(ready.pid).toBe(child.pid)
    expect(said).not.toContain('UV_THREADPOOL_SIZE')
    const client = quietClient({ url: ready.url })
    const slow = client.query({
      query: 'SELECT sleepEachRow(1) FROM numbers(2)',
      format: 'CSV',
      clickhouse_settings: { wait_end_of_query: 1 },
    })
    const running = async () => {
      const result = await client.query({
        query: `SELECT toUInt32(count()) AS n FROM system.processes WHERE query LIKE '%sleepEach%' AND query NOT LIKE '%processes%'`,
        format: 'JSONEachRow',
      })
      return (await result.json<{ n: number }>())[0]?.n
    }
    while ((await running()) !== 1) await new Promise((resolve) => setTimeout(resolve, 20))
    child.kill('SIGTERM')
    expect(await (await slow).text()).toBe('0\n0\n')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
    await client.close()
  })

  it('stops when its parent goes away', async () => {
    const child = spawn(process.execPath, [main, '--data-dir', dataDir, '--port', '0', '--stop-with-parent'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    children.push(child)
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.stdin.end()
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
  })

  it('explains wrong arguments', async () => {
    const child = spawn(process.execPath, [main, '--port', 'x'], { stdio: ['ignore', 'ignore', 'pipe'] })
    children.push(child)
    let said = ''
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString()
    })
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2)
    expect(said).toContain('--data-dir')
    expect(said).toContain('Usage:')
  })
})
