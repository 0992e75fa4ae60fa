import { join } from 'node:path'
import type { LogSource, LogTaker } from '../source.ts'
import type { EventLogReader } from '../types.ts'
import { acquireDirLock, type DirLock } from './lock.ts'

/** Where a disk log's loader lock lies, and how its reader is opened once the lock is held. */
export interface DiskLogSourceOptions {
  dir: string
  open(): Promise<EventLogReader>
}

/** The disk log as a source: it is given out when this process holds `loader.lock` in its folder; others wait for it. */
export function diskLogSource(options: DiskLogSourceOptions): LogSource {
  return new DiskLogSource(options)
}

class DiskLogSource implements LogSource {
  private readonly options: DiskLogSourceOptions
  private readonly abort = new AbortController()
  private waiting: string | undefined = 'waiting for the lock'
  private running: Promise<void> = Promise.resolve()
  private taker: LogTaker | undefined
  private lock: DirLock | undefined
  private reader: EventLogReader | undefined

  constructor(options: DiskLogSourceOptions) {
    this.options = options
  }

  start(taker: LogTaker, onError: (error: unknown) => void): void {
    this.taker = taker
    this.running = this.take(taker).catch((error: unknown) => {
      if (!this.abort.signal.aborted) onError(error)
    })
  }

  waitingFor(): string | undefined {
    return this.waiting
  }

  async close(): Promise<void> {
    this.abort.abort(new Error('The loader is stopping.'))
    await this.running
    if (this.reader) {
      await this.taker?.revoked(this.reader.logId, false)
      await this.reader.close()
    }
    this.lock?.release()
  }

  private async take(taker: LogTaker): Promise<void> {
    this.lock = await acquireDirLock(join(this.options.dir, 'loader.lock'), {
      waitMs: Number.POSITIVE_INFINITY,
      signal: this.abort.signal,
    })
    this.reader = await this.options.open()
    this.waiting = undefined
    if (!this.abort.signal.aborted) taker.assigned(this.reader)
  }
}
