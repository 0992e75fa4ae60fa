import { env as readEnv } from '#server/platform/env.ts'
import { createLogger } from '#server/platform/logger.ts'
import { metricsRegistry } from '#server/platform/metrics.ts'
import { type HealthServer, startHealthServer } from './health.ts'
import type { ReadinessCheck, RunningWorker, StartWorker, WorkerContext } from './types.ts'

/** How long a stop may take before the process ends anyway, in milliseconds. */
const STOP_TIMEOUT = 20_000

/** A role to run in this process. */
export interface RoleToRun {
  name: string
  start: StartWorker
  /** The role serves health and metrics on a port of its own, as the collector does. */
  ownHealthServer?: boolean
}

/**
 * Runs roles in this process until SIGTERM or SIGINT: starts them in the given order, serves health and metrics on
 * WORKER_PORT, stops them in reverse order within 20 s. When ready it logs `ready` and, under a parent with an IPC
 * channel, sends `{ready: true, roles, port}`. An unhandled error is logged and ends the process with code 1: half a
 * worker is worse than one that its supervisor starts anew.
 * @returns when everything runs
 * @throws what a role's start threw, after those already started were stopped
 */
export async function runWorkers(roles: readonly RoleToRun[]): Promise<void> {
  const env = readEnv()
  const registry = metricsRegistry()
  const logger = createLogger(roles.map((role) => role.name).join(','))
  const abort = new AbortController()
  const checks = new Map<string, ReadinessCheck>()
  const running: { name: string; worker: RunningWorker }[] = []
  let health: HealthServer | undefined
  let stopping: Promise<void> | undefined

  const stopAll = async () => {
    abort.abort(new Error('The process is stopping.'))
    for (const { name, worker } of running.splice(0).reverse()) {
      await worker.stop().catch((error: unknown) => logger.error({ err: error, stopped: name }, 'stopping failed'))
    }
    await health?.close()
  }
  const end = (reason: string, code: number) => {
    stopping ??= (async () => {
      logger.info({ reason }, 'stopping')
      const timer = setTimeout(() => {
        logger.error({ afterMs: STOP_TIMEOUT }, 'stopping took too long, ending now')
        process.exit(1)
      }, STOP_TIMEOUT)
      await stopAll()
      clearTimeout(timer)
      logger.info('stopped')
      process.exit(code)
    })()
  }
  process.on('SIGTERM', () => end('SIGTERM', 0))
  process.on('SIGINT', () => end('SIGINT', 0))
  process.on('unhandledRejection', (error) => {
    logger.fatal({ err: error }, 'unhandled rejection')
    process.exit(1)
  })
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception')
    process.exit(1)
  })
  // A supervisor that was killed cannot send a signal; its closed channel says the same.
  if (process.send) process.on('disconnect', () => end('the parent process has gone', 0))

  try {
    for (const role of roles) {
      const context: WorkerContext = {
        env,
        registry,
        logger: createLogger(role.name),
        signal: abort.signal,
        addReadinessCheck: (name, check) => checks.set(checks.has(name) ? `${role.name}.${name}` : name, check),
      }
      running.push({ name: role.name, worker: await role.start(context) })
    }
    if (roles.some((role) => !role.ownHealthServer)) {
      health = await startHealthServer({
        host: env.HOST,
        port: env.WORKER_PORT,
        registry,
        checks,
        stopping: () => stopping !== undefined,
      })
    }
  } catch (error) {
    await stopAll()
    throw error
  }
  const names = roles.map((role) => role.name)
  logger.info({ roles: names, ...(health ? { port: health.port } : {}) }, 'ready')
  process.send?.({ ready: true, roles: names, port: health?.port ?? null })
}

/** Runs one role; see {@link runWorkers}. */
export function runWorker(name: string, start: StartWorker): Promise<void> {
  return runWorkers([{ name, start }])
}
