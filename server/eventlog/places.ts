import type { Env } from '#server/platform/env.ts'
import type { Logger } from '#server/platform/logger.ts'
import { diskPlaces } from './disk/places.ts'
import { kafkaPlaces } from './kafka/places.ts'
import { kafkaSettings } from './kafka/settings.ts'
import { eventLogDir } from './open.ts'

/** What one log still holds. */
export interface LogPlace {
  logId: string
  /** Where a reader must begin to see everything that was appended at or after the moment that was asked for. */
  from: bigint
  /** The position behind the last frame. */
  end: bigint
  /** When the oldest frame that is still there was appended, in Unix milliseconds; undefined for an empty log. */
  oldestAt: number | undefined
}

/** A look at the logs while nobody loads them. */
export interface LogPlaces {
  /** What keeps the logs from being set back now: a loader that runs. Undefined when nothing does. */
  busy(): Promise<string | undefined>
  /**
   * @param at Unix milliseconds
   * @param loadedOf the last position that is loaded of a log: where brokers lost messages, `end` can be compared with it only
   * if it is known; `from` stands before everything that was stored since the moment, whatever was lost
   */
  at(at: number, loadedOf?: (logId: string) => Promise<bigint | undefined>): Promise<LogPlace[]>
  /** Everything from the position on is to be loaded again: none of it may be deleted as loaded before. */
  hold(logId: string, position: bigint): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the log or logs that the environment names for looking into.
 * @throws Error when there is no disk log in DATA_DIR; the brokers' error when Kafka cannot be reached
 */
export function openLogPlaces(env: Env, logger: Logger): Promise<LogPlaces> {
  return env.EVENT_LOG === 'kafka' ? kafkaPlaces(kafkaSettings(env), logger) : diskPlaces(eventLogDir(env), logger)
}
