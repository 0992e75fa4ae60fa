import type { EventLogReader } from './types.ts'

/** What a loader does with the logs it is given. */
export interface LogTaker {
  /**
   * A log is this process's to load from now on. Called once per assignment; the same log may come again after it was
   * given back. The loader reads where to begin from ClickHouse (`load_progress`), asks the reader from there, and calls
   * `release(position)` of the reader after ClickHouse acknowledged everything before it (Kafka: commit the offset).
   */
  assigned(log: EventLogReader): void
  /**
   * The log is another process's, now or in a moment. Resolves when this process writes nothing more for it; only then
   * the source closes the reader and lets the log go.
   * @param lost true: somebody else may have it already, so that the batch under way is broken off; false: it is finished
   */
  revoked(logId: string, lost: boolean): Promise<void>
}

/** Decides which logs this process loads: the disk's one log, or the partitions that a consumer group assigned. */
export interface LogSource {
  /**
   * Begins to give out logs and goes on until closed; returns at once.
   * @param onError told once, of a fault that repeating does not mend
   */
  start(taker: LogTaker, onError: (error: unknown) => void): void
  /** Whether it still waits for its first log, for the readiness check: why, or undefined. */
  waitingFor(): string | undefined
  /** Takes every log back (`revoked`, not lost) and ends. */
  close(): Promise<void>
}
