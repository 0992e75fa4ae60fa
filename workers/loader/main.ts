import { eventLogDir, openLogSource } from '#server/eventlog/index.ts'
import { required } from '#server/platform/env.ts'
import { openClickHouse } from '#server/stores/clickhouse/client.ts'
import type { RunningWorker, WorkerContext } from '../runtime/index.ts'
import { startLoader } from './loader.ts'
import { loaderMetrics } from './metrics.ts'

/** Starts the role: the event log that EVENT_LOG names into ClickHouse at CLICKHOUSE_URL. */
export async function start(context: WorkerContext): Promise<RunningWorker> {
  const { env, logger, registry } = context
  const metrics = loaderMetrics(registry)
  const source = openLogSource(env, logger, ({ reason }) => metrics.damagedFrames.inc({ reason }))
  const clickhouse = openClickHouse(required('CLICKHOUSE_URL', env), env.CLICKHOUSE_DATABASE, 'unmogrowp-loader')
  const loader = startLoader({
    source,
    clickhouse,
    logger,
    metrics,
    stateDir: eventLogDir(env),
    ...(env.DEDUPE_MEMORY_MB !== undefined && { dedupeBytes: env.DEDUPE_MEMORY_MB * 1024 * 1024 }),
  })
  loader.done.catch((error: unknown) => {
    logger.fatal({ err: error }, 'the loader cannot go on')
    process.exit(1)
  })
  context.addReadinessCheck('clickhouse', async () => {
    const ping = await clickhouse.ping()
    if (!ping.success) throw new Error('ClickHouse does not answer.')
  })
  context.addReadinessCheck('loader', () => {
    if (loader.phase() !== 'loading') throw new Error(loader.phase())
  })
  return {
    async stop() {
      await loader.stop()
      await clickhouse.close()
    },
  }
}
