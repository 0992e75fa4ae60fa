import type { ClickHouseClient } from '@clickhouse/client'
import type { Logger } from '#server/platform/logger.ts'

/** One log, as far as its loader knows. */
export interface LogStatus {
  logId: string
  /** Age of the oldest frame that is not loaded yet. */
  lagSeconds: number
  lagBytes: number
}

const EVERY_MS = 5_000

/**
 * Writes down every few seconds how far each log is behind, also while nothing arrives: the console tells a quiet app from a
 * loader that stands still by it.
 */
export class StatusReports {
  readonly #clickhouse: ClickHouseClient
  readonly #logger: Logger
  readonly #status: () => Promise<LogStatus[]>
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  /** @param status of the logs that this process loads now */
  constructor(clickhouse: ClickHouseClient, logger: Logger, status: () => Promise<LogStatus[]>) {
    this.#clickhouse = clickhouse
    this.#logger = logger
    this.#status = status
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#report().finally(() => {
        if (!this.#stopped) this.start()
      })
    }, EVERY_MS)
    this.#timer.unref()
  }

  /** Ends once the report under way is written. */
  stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    return this.#running
  }

  async #report(): Promise<void> {
    try {
      const reportedAt = new Date().toISOString()
      const values = (await this.#status()).map(({ logId, lagSeconds, lagBytes }) => ({
        log_id: logId,
        lag_ms: Math.max(0, Math.round(lagSeconds * 1000)),
        lag_bytes: lagBytes,
        reported_at: reportedAt,
      }))
      if (values.length === 0) return
      await this.#clickhouse.insert({
        table: 'loader_status',
        values,
        format: 'JSONEachRow',
        clickhouse_settings: { date_time_input_format: 'best_effort' },
      })
    } catch (error) {
      this.#logger.debug({ err: error }, 'the loader could not say how far it is')
    }
  }
}
