import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { silentLogger } from '../logger.ts'
import type { EmbeddedClickHouseOptions } from '../server.ts'
import { type SpawnedClickHouse, spawnEmbeddedClickHouse } from '../spawn.ts'

/** A server of its own for one test file, with a client for it. */
export interface ScratchServer {
  server: SpawnedClickHouse
  client: ClickHouseClient
  dataDir: string
  /** Stops both and removes the data. */
  remove(): Promise<void>
}

/** Starts a server in a process of its own on an empty temporary directory. */
export async function scratchServer(options: Partial<EmbeddedClickHouseOptions> = {}): Promise<ScratchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'embedded-clickhouse-'))
  const server = await spawnEmbeddedClickHouse({ dataDir, port: 0, logger: silentLogger, graceMs: 500, ...options })
  const client = quietClient({ url: server.url, max_open_connections: 40 })
  return {
    server,
    client,
    dataDir,
    async remove() {
      await client.close()
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The official client without its log: these tests provoke the errors it would print. */
export function quietClient(config: Parameters<typeof createClient>[0]): ClickHouseClient {
  return createClient({ ...config, log: { level: ClickHouseLogLevel.OFF } })
}

/** Asks until the answer is true, or fails after `ms`. */
export async function eventually(ask: () => Promise<boolean>, ms: number, what: string): Promise<void> {
  const end = Date.now() + ms
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
