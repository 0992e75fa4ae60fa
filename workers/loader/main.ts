import { join } from 'node:path'
import { openDiskLogReader } from '#server/eventlog/index.ts'
import { required } from '#server/platform/env.ts'
import { openClickHouse } from '#server/stores/clickhouse/client.ts'
import type { RunningWorker, WorkerContext } from '../runtime/index.ts'
import { startLoader } from './loader.ts'
import { loaderMetrics } from './metrics.ts'

/** Starts the role: the log in DATA_DIR/log into ClickHouse at CLICKHOUSE_URL. */
export async function start(context: WorkerContext): Promise<RunningWorker> {
  const { env, logger, registry } = context
  const dir = join(env.DATA_DIR, 'log')
  const metrics = loaderMetrics(registry)
  const log = await openDiskLogReader({
    dir,
    logger,
    onDamage: ({ reason }) => metrics.damagedFrames.inc({ reason }),
  })
  const clickhouse = openClickHouse(required('CLICKHOUSE_URL', env), env.CLICKHOUSE_DATABASE, 'unmogrowp-loader')
  const loader = startLoader({ log, clickhouse, logger, metrics, stateDir: dir })
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
      await log.close()
      await clickhouse.close()
    },
  }
}
