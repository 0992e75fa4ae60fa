import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KEY_SCOPES } from '#server/authz/index.ts'
import { createSecretKey } from '#server/modules/keys/index.ts'
import { setEnv } from '#server/platform/env.ts'
import { newId, newLinkId, newToken, type OrgId } from '#server/platform/ids.ts'
import { type ClickHouseClient, openClickHouse, openPostgres } from '#server/stores/index.ts'
import { freePort, internalPorts } from './ports.ts'
import { openStores } from './stores.ts'
import { Supervisor } from './supervisor.ts'

/** Collector, loader and stores on a scratch directory, with one app to send to. */
export interface IngestStack {
  collector: string
  ingestKey: string
  /** With every scope. */
  secretKey: string
  orgId: string
  appId: string
  clickhouse: ClickHouseClient
  dir: string
  /** Ports that answer /healthz, /readyz and /metrics, by role. */
  ports: Record<string, number>
  /** A link of the app that leads to a web page, for clicks. */
  linkId: string
  pids(): Record<string, number>
  /**
   * Starts another process of a role, such as a second loader, which waits until the first is gone.
   * @returns its port
   */
  startAnother(role: IngestRole, name: string): Promise<number>
  stop(): Promise<void>
}

export type IngestRole = 'collector' | 'loader' | 'attributor'

/** What a caller may have differently from the defaults. */
export interface IngestStackOptions {
  roles?: readonly IngestRole[]
  /** Variables for every role. */
  env?: Record<string, string>
  /** Arguments for Node before a role's own, such as a module to load first. */
  nodeArgs?: readonly string[]
  /** Variables for one role, made when the stores are open; for a role that is to reach ClickHouse another way. */
  roleEnv?: (role: IngestRole, stores: { clickhouseUrl: string }) => Promise<Record<string, string>>
}

/** Starts what the ingest path needs, each role in its own process as in production. */
export async function startIngestStack(options: IngestStackOptions = {}): Promise<IngestStack> {
  const { roles = ['collector', 'loader'], nodeArgs = [] } = options
  const dir = mkdtempSync(join(tmpdir(), 'unmogrowp-bench-'))
  // The embedded Postgres runs as another user when the bench runs as root.
  chmodSync(dir, 0o755)
  const env = setEnv({
    NODE_ENV: 'production',
    DATA_DIR: dir,
    DEMO: '1',
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    DATABASE_URL: undefined,
    DATABASE_ADMIN_URL: undefined,
    CLICKHOUSE_URL: undefined,
  })
  const ports = await internalPorts(dir)
  const say = (text: string) => console.error(text)
  const stores = await openStores(env, ports, say)
  const supervisor = new Supervisor(join(dir, 'logs'), say)
  const orgId = newId('org') as OrgId
  const appId = newId('app')
  const ingestKey = `ik_${newToken(24)}`
  const admin = openPostgres(stores.connections.DATABASE_ADMIN_URL, 2)
  await admin.organization.create({ data: { id: orgId, slug: 'bench', name: 'Bench' } })
  await admin.app.create({
    data: { id: appId, orgId, slug: 'bench', name: 'Bench', platform: 'android', bundleId: 'com.example.bench' },
  })
  await admin.ingestKey.create({ data: { id: newId('ingestKey'), orgId, appId, key: ingestKey } })
  const linkId = newLinkId()
  await admin.link.create({
    data: {
      id: linkId,
      orgId,
      appId,
      name: 'Bench',
      mediaSource: 'bench_network',
      campaign: 'bench',
      fallbackUrl: 'https://example.com/landing',
    },
  })
  const { secretKey } = await createSecretKey(orgId, { name: 'Bench', scopes: [...KEY_SCOPES] }, admin)
  await admin.$disconnect()
  const collectorPort = ports.jobs
  setEnv({
    DATABASE_URL: stores.connections.DATABASE_URL,
    CLICKHOUSE_URL: stores.connections.CLICKHOUSE_URL,
    COLLECTOR_PORT: String(collectorPort),
    COLLECTOR_URL: `http://127.0.0.1:${collectorPort}`,
    COLLECTOR_KEY_EVENTS_PER_SECOND: '0',
    COLLECTOR_IP_REQUESTS_PER_SECOND: '0',
    ...options.env,
  })
  const main = join(import.meta.dirname, '../../workers/main.ts')
  const health = { collector: collectorPort, loader: ports.loader, attributor: ports.attributor }
  const startRole = async (role: IngestRole, name: string, port: number, ready: 'readyz' | 'healthz') => {
    const own = await options.roleEnv?.(role, { clickhouseUrl: stores.connections.CLICKHOUSE_URL })
    await supervisor.start({
      name,
      args: [...nodeArgs, main, '--roles', role],
      env: { ...own, ...(role === 'collector' ? { COLLECTOR_PORT: String(port) } : { WORKER_PORT: String(port) }) },
      readyUrl: `http://127.0.0.1:${port}/${ready}`,
    })
  }
  for (const role of roles) await startRole(role, role, health[role], 'readyz')
  const clickhouse = openClickHouse(stores.connections.CLICKHOUSE_URL, env.CLICKHOUSE_DATABASE)
  return {
    collector: `http://127.0.0.1:${collectorPort}`,
    ingestKey,
    secretKey,
    orgId,
    appId,
    clickhouse,
    dir,
    ports: Object.fromEntries(roles.map((role) => [role, health[role]])),
    linkId,
    pids: () => ({ ...stores.pids(), ...supervisor.pids() }),
    async startAnother(role, name) {
      const port = await freePort()
      await startRole(role, name, port, 'healthz')
      return port
    },
    async stop() {
      await clickhouse.close()
      await supervisor.stop()
      await stores.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
