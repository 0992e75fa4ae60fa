import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { Registry } from 'prom-client'
import { diskLogSource, type FrameInput, type FrameKind, openDiskLogReader, packed } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { migrateClickHouse } from '#server/stores/clickhouse/migrate.ts'
import { type SpawnedClickHouse, silentLogger, spawnEmbeddedClickHouse } from '#workers/embedded/clickhouse/index.ts'
import { type Loader, type LoaderOptions, startLoader } from '../loader.ts'
import { loaderMetrics } from '../metrics.ts'
import { TABLES } from '../tables.ts'

const DATABASE = 'unmogrowp'
const quiet = createLogger('test', 'silent')

/** An embedded ClickHouse with the product's tables, and folders for logs; made once per test file. */
export interface Fixture {
  clickhouse: ClickHouseClient
  url: string
  dir: string
  /** Kills the engine as a crash would. */
  killEngine(): Promise<void>
  /** Starts it again on the same data and port. */
  startEngine(): Promise<void>
  /** One number from a query. */
  number(query: string): Promise<number>
  remove(): Promise<void>
}

export async function openFixture(): Promise<Fixture> {
  const dir = await mkdtemp(join(tmpdir(), 'unmogrowp-loader-'))
  const dataDir = join(dir, 'clickhouse')
  let server: SpawnedClickHouse = await spawnEmbeddedClickHouse({
    dataDir,
    port: 0,
    logger: silentLogger,
    graceMs: 500,
  })
  await migrateClickHouse(server.url, DATABASE)
  const clickhouse = quietClient(server.url)
  return {
    clickhouse,
    url: server.url,
    dir,
    async killEngine() {
      const gone = new Promise((resolve) => server.process.once('exit', resolve))
      server.process.kill('SIGKILL')
      await gone
    },
    async startEngine() {
      server = await spawnEmbeddedClickHouse({ dataDir, port: server.port, logger: silentLogger, graceMs: 500 })
    },
    async number(query) {
      const result = await clickhouse.query({ query: `select toUInt32(n) as n from (${query})`, format: 'JSONEachRow' })
      const [row] = await result.json<{ n: number }>()
      if (!row) throw new Error('no row')
      return row.n
    },
    async remove() {
      await clickhouse.close()
      await server.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** The official client as the product opens it, without its log: tests provoke errors. */
export function quietClient(url: string): ClickHouseClient {
  return createClient({ url, database: DATABASE, log: { level: ClickHouseLogLevel.OFF }, request_timeout: 30_000 })
}

/** A loader in this process. */
export async function openLoader(
  fixture: Fixture,
  logDir: string,
  options: Partial<LoaderOptions> = {},
): Promise<{ loader: Loader; registry: Registry; stop(): Promise<void> }> {
  const registry = new Registry()
  const loader = startLoader({
    source: diskLogSource({ dir: logDir, open: () => openDiskLogReader({ dir: logDir, logger: quiet }) }),
    clickhouse: fixture.clickhouse,
    logger: quiet,
    metrics: loaderMetrics(registry),
    stateDir: logDir,
    ...options,
  })
  return { loader, registry, stop: () => loader.stop() }
}

/** A row as the collector writes it: the hash of app and id, a space, JSON. `more` overrides fields. */
export function line(kind: FrameKind, app: string, id: string, more: Record<string, unknown> = {}): string {
  const now = new Date().toISOString()
  const own: Record<FrameKind, Record<string, unknown>> = {
    event: {
      event_id: id,
      event_name: 'purchase',
      event_time: now,
      device_id: `dev-${id}`,
      revenue: 1.25,
      currency: 'EUR',
    },
    touchpoint: { touchpoint_id: id, touchpoint_type: 'click', touchpoint_time: now, media_source: 'net' },
    rejected: { rejected_id: id, kind: 'event', code: 'invalid', field: 'event_time', message: 'wrong', raw: '{}' },
  }
  const row = { org_id: 'org_1', app_id: app, received_at: now, request_id: 'req_1', ...own[kind], ...more }
  return `${createHash('md5').update(`${app}\n${id}`).digest('hex')} ${JSON.stringify(row)}`
}

/** A frame of lines. */
export function frame(kind: FrameKind, lines: readonly string[]): FrameInput {
  return { kind, rows: lines.length, payload: Buffer.from(lines.map((text) => `${text}\n`).join('')) }
}

/** A frame of packed events. `more` overrides columns, given as the packed format takes them. */
export function packedFrame(app: string, ids: readonly string[], more: Partial<packed.UnpackedRow> = {}): FrameInput {
  const now = Date.now()
  return packed.packFrame(
    ids.map((id) => ({
      org_id: 'org_1',
      app_id: app,
      request_id: 'req_1',
      received_at: now,
      event_id: id,
      event_name: 'purchase',
      event_time: now,
      environment: 'production',
      platform: 'android',
      device_id: `dev-${id}`,
      revenue: '1.25',
      currency: 'EUR',
      ...more,
    })),
  )
}

/** How many rows an app has, and how many different ids. */
export async function counts(fixture: Fixture, kind: FrameKind, app: string): Promise<{ rows: number; ids: number }> {
  const { table, id } = TABLES[kind]
  return {
    rows: await fixture.number(`select count() as n from ${table} where app_id = '${app}'`),
    ids: await fixture.number(`select uniqExact(${id}) as n from ${table} where app_id = '${app}'`),
  }
}
