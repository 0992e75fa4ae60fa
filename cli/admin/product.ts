import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { migratePostgres } from '#prisma/migrate.ts'
import { env, given, setEnv } from '#server/platform/env.ts'
import { migrateClickHouse } from '#server/stores/clickhouse/migrate.ts'
import { clickhouse, closeStores, openPostgres, type PrismaClient } from '#server/stores/index.ts'
import { demoFileSchema } from '../demo/demo-file.ts'
import { freePort, internalPorts } from '../stack/ports.ts'
import { type Connections, type Migrated, openStores, runningConnections } from '../stack/stores.ts'
import { answers, Supervisor } from '../stack/supervisor.ts'
import { waitUntilLoaded } from './loaded.ts'

/** The product as an operator's command reaches it: beside a running stack, or with what it had to start itself. */
export interface Product {
  /** Under the owner: sees every organization. */
  admin: PrismaClient
  connections: Connections
  /** Beside a running stack, on stores that the environment names, or alone on embedded stores that the command started. */
  kind: 'beside' | 'configured' | 'embedded'
  /** Starts a loader on DATA_DIR, once; only where the command runs alone. */
  loader(): Promise<void>
  /** Address of a collector; starts collector and loader when none runs. */
  collector(): Promise<string>
  /** Applies the migrations that are absent. Opening the stores may have done it; beside a running stack nothing else does. */
  migrate(): Promise<Migrated>
  /** Ends what the command started; a loader that it started beside its collector first loads what that one accepted. */
  close(): Promise<void>
}

/** Progress goes to standard error: standard output belongs to --json. */
export const say = (text: string): void => console.error(text)

/** Said while a command does nothing but wait for the loader. */
export const WAITING = 'Waiting until the loader has loaded what was accepted …'

/**
 * Opens the stores for one command. Beside a running stack (same DATA_DIR) or with DATABASE_URL and CLICKHOUSE_URL set it
 * uses those; otherwise it starts the embedded stores and stops them at close.
 */
export async function openProduct(): Promise<Product> {
  const before = env()
  mkdirSync(before.DATA_DIR, { recursive: true })
  const running = before.DATABASE_URL && before.CLICKHOUSE_URL ? null : runningConnections(before.DATA_DIR)
  const ports = await internalPorts(before.DATA_DIR, !running)
  const stores = running ? undefined : await openStores(before, ports, say)
  const connections = running ?? stores?.connections
  if (!connections) throw new Error('The stores could not be opened.')
  setEnv({
    DATABASE_URL: connections.DATABASE_URL,
    DATABASE_ADMIN_URL: connections.DATABASE_ADMIN_URL,
    CLICKHOUSE_URL: connections.CLICKHOUSE_URL,
    // Addresses that a command prints must be those of the stack that runs.
    ...(running ? addressesOf(before.DATA_DIR) : {}),
    LOG_LEVEL: given('LOG_LEVEL') ?? 'warn',
  })
  const admin = openPostgres(connections.DATABASE_ADMIN_URL, 3)
  const supervisor = new Supervisor(join(before.DATA_DIR, 'logs'), say)
  const main = resolve(import.meta.dirname, '../../workers/main.ts')
  let loader: Promise<void> | undefined
  let collecting = false
  const startLoader = () => {
    loader ??= supervisor.start({
      name: 'loader',
      args: [main, '--roles', 'loader'],
      env: { WORKER_PORT: String(ports.loader) },
      readyUrl: `http://127.0.0.1:${ports.loader}/readyz`,
    })
    return loader
  }
  const startCollector = async () => {
    const port = await freePort()
    const collector = { COLLECTOR_PORT: String(port), HOST: '127.0.0.1' }
    await supervisor.start({
      name: 'collector',
      args: [main, '--roles', 'collector'],
      env: collector,
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    })
    await startLoader()
    collecting = true
    return `http://127.0.0.1:${port}`
  }
  return {
    admin,
    connections,
    kind: running ? 'beside' : before.CLICKHOUSE_URL ? 'configured' : 'embedded',
    loader: startLoader,
    async collector() {
      // Beside a stack it was taken from the demo file above.
      const known = given('COLLECTOR_URL')
      if (known && (await answers(`${known}/healthz`))) return known
      return startCollector()
    },
    async migrate() {
      if (stores) return stores.migrated
      const { DATABASE_URL, DATABASE_ADMIN_URL } = connections
      const owned = DATABASE_ADMIN_URL !== DATABASE_URL
      if (!owned) say('Postgres is left as it is: DATABASE_ADMIN_URL names no owner of it.')
      const postgres = owned ? await migratePostgres(DATABASE_ADMIN_URL) : []
      return { postgres, clickhouse: await migrateClickHouse(connections.CLICKHOUSE_URL, before.CLICKHOUSE_DATABASE) }
    },
    async close() {
      if (collecting) await loadAccepted(before.DATA_DIR)
      await supervisor.stop()
      await admin.$disconnect()
      await closeStores()
      await stores?.stop()
    },
  }
}

/**
 * Waits for the command's own loader: nobody may come after it for a long time, and what was accepted would stand in the
 * log, durable but not to be seen. A loader that does not move on is told of; what the command did stands all the same.
 */
async function loadAccepted(dataDir: string): Promise<void> {
  try {
    await waitUntilLoaded(clickhouse(), dataDir, async () => say(WAITING))
  } catch (error) {
    say(
      `What was accepted is safe in the event log but cannot be queried yet. ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Where people reach the stack that runs, as its demo file says; what the environment names goes before. */
function addressesOf(dataDir: string): { COLLECTOR_URL?: string; WEB_URL?: string } {
  const file = join(dataDir, 'demo.json')
  if (!existsSync(file)) return {}
  const { collector, web } = demoFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  return { COLLECTOR_URL: given('COLLECTOR_URL') ?? collector, WEB_URL: given('WEB_URL') ?? web }
}
