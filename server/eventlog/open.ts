import { join } from 'node:path'
import type { Env } from '#server/platform/env.ts'
import type { Logger } from '#server/platform/logger.ts'
import { openDiskLogReader } from './disk/reader.ts'
import { diskLogSource } from './disk/source.ts'
import { openDiskLogWriter } from './disk/writer.ts'
import { kafkaSettings } from './kafka/settings.ts'
import { kafkaLogSource } from './kafka/source.ts'
import { openKafkaLogWriter } from './kafka/writer.ts'
import type { LogSource } from './source.ts'
import type { DamageReport, EventLogWriter } from './types.ts'

/** Folder of the disk log, and of what a loader keeps on disk beside any log. */
export function eventLogDir(env: Env): string {
  return join(env.DATA_DIR, 'log')
}

/** How long and how much of a disk log stays after it was loaded. */
function retentionOf(env: Env): { keepMs: number; keepShare: number } {
  return { keepMs: env.EVENT_LOG_KEEP_HOURS * 3_600_000, keepShare: env.EVENT_LOG_KEEP_SHARE }
}

/**
 * Opens the log that the environment names for writing.
 * @throws DirLockedError when another process writes the disk log; the brokers' error when Kafka cannot be reached
 */
export function openEventLogWriter(env: Env, logger: Logger): Promise<EventLogWriter> {
  return env.EVENT_LOG === 'kafka'
    ? openKafkaLogWriter({ settings: kafkaSettings(env), logger })
    : openDiskLogWriter({ dir: eventLogDir(env), logger, minFreeBytes: env.EVENT_LOG_MIN_FREE_MB * 1024 * 1024 })
}

/**
 * The log or logs that the environment names, for a loader.
 * @param onDamage called once for every stretch that cannot be read
 */
export function openLogSource(env: Env, logger: Logger, onDamage?: (damage: DamageReport) => void): LogSource {
  const dir = eventLogDir(env)
  const damage = onDamage ? { onDamage } : {}
  if (env.EVENT_LOG === 'kafka') {
    return kafkaLogSource({ settings: kafkaSettings(env), logger, stateDir: dir, ...damage })
  }
  return diskLogSource({ dir, open: () => openDiskLogReader({ dir, logger, ...retentionOf(env), ...damage }) })
}
