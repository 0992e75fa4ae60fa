import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KEY_SCOPES } from '#server/authz/index.ts'
import { createSecretKey } from '#server/modules/keys/index.ts'
import { setEnv } from '#server/platform/env.ts'
import { newId, newLinkId, newToken, type OrgId } from '#server/platform/ids.ts'
import { type ClickHouseClient, openClickHouse, openPostgres } from '#server/stores/index.ts'
import { internalPorts } from './ports.ts'
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
  stop(): Promise<void>
}

/** Starts what the ingest path needs, each role in its own process as in production. */
export async function startIngestStack(
  options: { roles?: readonly ('collector' | 'loader' | 'attributor')[] } = {},
): Promise<IngestStack> {
  const { roles = ['collector', 'loader'] } = options
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
    COLLECTOR_KEY_EVENTS_PER_SECOND: '0',
    COLLECTOR_IP_REQUESTS_PER_SECOND: '0',
  })
  const main = join(import.meta.dirname, '../../workers/main.ts')
  const health = { collector: collectorPort, loader: ports.loader, attributor: ports.attributor }
  for (const role of roles) {
    await supervisor.start({
      name: role,
      args: [main, '--roles', role],
      env: { WORKER_PORT: String(health[role]) },
      readyUrl: `http://127.0.0.1:${health[role]}/readyz`,
    })
  }
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
    async stop() {
      await clickhouse.close()
      await supervisor.stop()
      await stores.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
