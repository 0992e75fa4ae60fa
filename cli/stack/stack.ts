import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { authSecret, type Env, given, setEnv } from '#server/platform/env.ts'
import { closeStores } from '#server/stores/index.ts'
import { buildWeb } from './build.ts'
import { internalPorts, isFree } from './ports.ts'
import { openStores, runningConnections } from './stores.ts'
import { Supervisor } from './supervisor.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Where this machine reaches what listens on HOST: loopback for every interface, otherwise the address itself. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** The whole product on one machine. */
export interface Stack {
  web: string
  collector: string
  inbox: string
  /** Process ids by role. */
  pids(): Record<string, number>
  stop(): Promise<void>
}

/**
 * Starts everything on one machine: embedded stores where none are configured, the inbox, all worker roles and the web.
 * Resolves when every role answers. Roles that crash are started again.
 * @param env validated environment; its ports and DATA_DIR decide where
 * @param say prints progress for a person
 * @throws Error when a port is taken or a stack already runs on DATA_DIR
 */
export async function startStack(env: Env, say: (text: string) => void): Promise<Stack> {
  mkdirSync(env.DATA_DIR, { recursive: true })
  if (runningConnections(env.DATA_DIR)) {
    throw new Error(`A stack already runs on ${env.DATA_DIR}. Stop it first, or set DATA_DIR to another folder.`)
  }
  for (const [name, port] of [['PORT', env.PORT] as const, ['COLLECTOR_PORT', env.COLLECTOR_PORT] as const]) {
    if (!(await isFree(port, env.HOST)))
      throw new Error(`Port ${port} is taken. Stop what listens there, or set ${name} to another port.`)
  }
  const ports = await internalPorts(env.DATA_DIR)
  const reach = reachable(env.HOST)
  const web = `http://localhost:${env.PORT}`
  const collector = `http://localhost:${env.COLLECTOR_PORT}`
  const inbox = `http://localhost:${ports.inbox}`
  const writePids = () => writeFileSync(join(env.DATA_DIR, 'pids.json'), JSON.stringify(supervisor.pids()))
  const supervisor: Supervisor = new Supervisor(join(env.DATA_DIR, 'logs'), say, writePids)
  say('Starting the stores and building the web app where needed …')
  const built = buildWeb()
  // Awaited below; a failed build must not count as unhandled while the stores still start.
  built.catch(() => undefined)
  const stores = await openStores(env, ports, say)
  const stop = async () => {
    await supervisor.stop()
    await closeStores()
    await stores.stop()
    rmSync(join(env.DATA_DIR, 'pids.json'), { force: true })
  }
  try {
    setEnv({
      DATABASE_URL: stores.connections.DATABASE_URL,
      DATABASE_ADMIN_URL: stores.connections.DATABASE_ADMIN_URL,
      CLICKHOUSE_URL: stores.connections.CLICKHOUSE_URL,
      AUTH_SECRET: authSecret(env),
      WEB_URL: given('WEB_URL') ?? web,
      COLLECTOR_URL: given('COLLECTOR_URL') ?? collector,
      SMTP_URL: given('SMTP_URL') ?? `smtp://127.0.0.1:${ports.smtp}`,
      INBOX_URL: inbox,
    })
    const worker = (role: string, port: number, host = '127.0.0.1') => ({
      name: role,
      args: [join(ROOT, 'workers/main.ts'), '--roles', role],
      env: { WORKER_PORT: String(port) },
      readyUrl: `http://${host}:${port}/readyz`,
    })
    await Promise.all([
      supervisor.start({
        name: 'inbox',
        args: [
          join(ROOT, 'workers/embedded/inbox/main.ts'),
          '--smtp-port',
          String(ports.smtp),
          '--http-port',
          String(ports.inbox),
          '--file',
          join(env.DATA_DIR, 'inbox.json'),
        ],
        readyUrl: `http://127.0.0.1:${ports.inbox}/api/messages`,
      }),
      supervisor.start(worker('collector', env.COLLECTOR_PORT, reach)),
    ])
    await Promise.all([
      supervisor.start(worker('loader', ports.loader)),
      supervisor.start(worker('attributor', ports.attributor)),
      supervisor.start(worker('jobs', ports.jobs)),
    ])
    await built
    await supervisor.start({
      name: 'web',
      args: [join(ROOT, 'cli/web.ts')],
      readyUrl: `http://${reach}:${env.PORT}/readyz`,
      timeoutMs: 120_000,
    })
    const pids = () => ({ ...stores.pids(), ...supervisor.pids() })
    return { web, collector, inbox, pids, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
