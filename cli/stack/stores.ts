import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { migratePostgres } from '#prisma/migrate.ts'
import { processStart } from '#server/eventlog/index.ts'
import type { Env } from '#server/platform/env.ts'
import { newToken } from '#server/platform/ids.ts'
import { migrateClickHouse } from '#server/stores/clickhouse/migrate.ts'
import { startEmbeddedPostgres } from '#workers/embedded/postgres/index.ts'
import type { InternalPorts } from './ports.ts'
import { Supervisor } from './supervisor.ts'

const connectionsSchema = z.object({
  DATABASE_URL: z.string(),
  DATABASE_ADMIN_URL: z.string(),
  CLICKHOUSE_URL: z.string(),
  /** The process that started the embedded stores; they live as long as it does. */
  owner: z.number().int().optional(),
  /** When that process began, where the system tells: numbers are given again. */
  ownerStarted: z.string().default(''),
})
/** Where the stores are reached. */
export type Connections = z.output<typeof connectionsSchema>

const FILE = 'connections.json'

/** The connections of a stack that runs on this data directory, or null when none does. */
export function runningConnections(dataDir: string): Connections | null {
  const file = join(dataDir, FILE)
  if (!existsSync(file)) return null
  const parsed = connectionsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  if (!parsed.success || parsed.data.owner === undefined) return null
  const { owner, ownerStarted } = parsed.data
  // In a container the next start often gets the number of the one that was killed.
  if (owner === process.pid) return null
  try {
    process.kill(owner, 0)
  } catch {
    return null
  }
  return ownerStarted === '' || processStart(owner) === ownerStarted ? parsed.data : null
}

/** Names of the migrations that were applied, by store. */
export interface Migrated {
  postgres: string[]
  clickhouse: string[]
}

/** Open stores, embedded or the operator's own. */
export interface OpenStores {
  connections: Connections
  /** The migrations that were applied when they were opened. */
  migrated: Migrated
  /** Process ids of the embedded parts, by name. */
  pids(): Record<string, number>
  stop(): Promise<void>
}

/**
 * Starts the embedded stores whose connection setting is absent, migrates what we own and returns the connections.
 * @param migrate whether to apply migrations (a managed Postgres is migrated only when DATABASE_ADMIN_URL is given)
 */
export async function openStores(
  env: Env,
  ports: Pick<InternalPorts, 'postgres' | 'clickhouse'>,
  say: (text: string) => void,
): Promise<OpenStores> {
  mkdirSync(env.DATA_DIR, { recursive: true })
  const supervisor = new Supervisor(join(env.DATA_DIR, 'logs'), say)
  const [postgres] = await Promise.all([
    env.DATABASE_URL
      ? undefined
      : startEmbeddedPostgres({ dataDir: join(env.DATA_DIR, 'postgres'), port: ports.postgres }),
    env.CLICKHOUSE_URL ? undefined : startClickHouse(supervisor, env, ports.clickhouse),
  ])
  const adminUrl = postgres?.adminUrl ?? env.DATABASE_ADMIN_URL
  const postgresMigrated = adminUrl ? await migratePostgres(adminUrl) : []
  const databaseUrl = postgres ? await embeddedLogin(postgres.adminUrl, env.DATA_DIR) : env.DATABASE_URL
  const clickhouseUrl = env.CLICKHOUSE_URL ?? `http://127.0.0.1:${ports.clickhouse}`
  const clickhouseMigrated = await migrateClickHouse(clickhouseUrl, env.CLICKHOUSE_DATABASE)
  const connections = connectionsSchema.parse({
    DATABASE_URL: databaseUrl,
    DATABASE_ADMIN_URL: adminUrl ?? databaseUrl,
    CLICKHOUSE_URL: clickhouseUrl,
    owner: process.pid,
    ownerStarted: processStart(process.pid),
  })
  writeFileSync(join(env.DATA_DIR, FILE), `${JSON.stringify(connections, null, 2)}\n`, { mode: 0o600 })
  return {
    connections,
    migrated: { postgres: postgresMigrated, clickhouse: clickhouseMigrated },
    pids: () => supervisor.pids(),
    async stop() {
      rmSync(join(env.DATA_DIR, FILE), { force: true })
      await supervisor.stop()
      await postgres?.stop()
    },
  }
}

async function startClickHouse(supervisor: Supervisor, env: Env, port: number): Promise<void> {
  await supervisor.start({
    name: 'clickhouse',
    args: [
      join(import.meta.dirname, '../../workers/embedded/clickhouse/main.ts'),
      '--data-dir',
      join(env.DATA_DIR, 'clickhouse'),
      '--port',
      String(port),
    ],
    env: { UV_THREADPOOL_SIZE: '24' },
    readyUrl: `http://127.0.0.1:${port}/ping`,
  })
}

/** The login the product's processes use: a member of unmogrowp_app, which row-level security binds. Its password stays in DATA_DIR. */
async function embeddedLogin(adminUrl: string, dataDir: string): Promise<string> {
  const file = join(dataDir, 'postgres-password')
  if (!existsSync(file)) writeFileSync(file, newToken(32), { mode: 0o600 })
  const password = readFileSync(file, 'utf8').trim()
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const found = await client.query("select 1 from pg_roles where rolname = 'unmogrowp_web'")
    const verb = found.rowCount === 0 ? 'create' : 'alter'
    await client.query(
      `${verb} role unmogrowp_web login nosuperuser nobypassrls nocreatedb nocreaterole password ${pg.escapeLiteral(password)}`,
    )
    await client.query('grant unmogrowp_app to unmogrowp_web')
  } finally {
    await client.end()
  }
  const url = new URL(adminUrl)
  url.username = 'unmogrowp_web'
  url.password = password
  return url.href
}
