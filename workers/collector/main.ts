import { openEventLogWriter } from '#server/eventlog/index.ts'
import { openGeo } from '#server/modules/events/hot.ts'
import { required } from '#server/platform/env.ts'
import { openHotPostgres } from '#server/stores/postgres/hot.ts'
import type { RunningWorker, WorkerContext } from '#workers/runtime/index.ts'
import { startCollector } from './server.ts'

/**
 * Starts the collector role: opens the event log (under DATA_DIR, or Kafka) for writing, the look-up connection to
 * Postgres and the country database, then listens on COLLECTOR_PORT.
 * @throws Error when another process writes the disk log, Kafka cannot be reached, DATABASE_URL is absent or the port is
 * taken
 */
export async function start({ env, logger, registry }: WorkerContext): Promise<RunningWorker> {
  const db = openHotPostgres({ url: required('DATABASE_URL', env), logger })
  try {
    const log = await openEventLogWriter(env, logger)
    try {
      const collector = await startCollector({
        host: env.HOST,
        port: env.COLLECTOR_PORT,
        publicUrl: env.COLLECTOR_URL,
        trustedProxies: env.TRUSTED_PROXIES,
        limits: {
          eventsPerKey: env.COLLECTOR_KEY_EVENTS_PER_SECOND,
          requestsPerIp: env.COLLECTOR_IP_REQUESTS_PER_SECOND,
          wrongKeysPerIp: env.COLLECTOR_WRONG_KEYS_PER_SECOND,
        },
        redisUrl: env.REDIS_URL,
        quotas: env.QUOTAS,
        log,
        db,
        countryOf: await openGeo(),
        logger,
        registry,
      })
      return {
        async stop() {
          await collector.stop()
          await log.close()
          await db.close()
        },
      }
    } catch (error) {
      await log.close()
      throw error
    }
  } catch (error) {
    await db.close()
    throw error
  }
}
