import type { Session } from 'chdb'
import { engineError, frontError } from './errors.ts'
import type { ClickHouseLogger } from './logger.ts'
import type { ChunkSink, Job, JobStats } from './protocol.ts'
import { SessionThread } from './session.ts'

/** Limits of a {@link SessionPool}. */
export interface PoolLimits {
  /** Statements that may run at the same time. */
  maxRunning: number
  /** Statements that may wait for a session; one more is refused with code 202. */
  maxWaiting: number
}

/** How a statement is run. */
export interface RunOptions {
  /** The caller's own log_comment, kept behind the tag by which the statement can be found and killed. */
  logComment: string
  /** Ends the wait for a session. */
  signal: AbortSignal | undefined
  /** Whether {@link signal} also kills the statement once it runs. */
  killable: boolean
}

interface Waiter {
  start(session: SessionThread): void
  refuse(error: Error): void
}

const killPauseMs = 100

/** Runs statements on a bounded number of sessions, each in a thread of its own. */
export class SessionPool {
  #enginePath: string
  #root: Session
  #limits: PoolLimits
  #logger: ClickHouseLogger
  #idle: SessionThread[] = []
  #all = new Set<SessionThread>()
  #waiting: Waiter[] = []
  #running = new Map<string, Promise<unknown>>()
  #opening = 0
  #nextTag = 1
  #closed = false

  /** @param root an open session of the main thread, used to kill statements */
  constructor(enginePath: string, root: Session, limits: PoolLimits, logger: ClickHouseLogger) {
    this.#enginePath = enginePath
    this.#root = root
    this.#limits = limits
    this.#logger = logger
  }

  /** How many statements run and wait now. */
  get load(): { running: number; waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting.length }
  }

  /** Opens a few sessions ahead of the first statements. */
  async warm(count: number): Promise<void> {
    const wanted = Math.min(count, this.#limits.maxRunning)
    const sessions = await Promise.all(Array.from({ length: wanted }, () => this.#acquire(undefined)))
    for (const session of sessions) this.#release(session)
  }

  /**
   * Runs one statement.
   * @throws EngineError with the engine's own code and text, 202 when too many wait, 394 when it was aborted
   */
  async run(job: Job, sink: ChunkSink, options: RunOptions): Promise<JobStats> {
    const { logComment, signal, killable } = options
    const session = await this.#acquire(signal)
    const tag = `front-${process.pid}-${this.#nextTag++};`
    const setup = [...job.setup, `SET log_comment = '${tag}${logComment.replace(/['\\]/g, ' ')}'`]
    const work = session.run({ ...job, setup }, sink)
    this.#running.set(tag, work)
    const onAbort = () => {
      session.cancel()
      void this.#kill(tag)
    }
    if (killable) signal?.addEventListener('abort', onAbort, { once: true })
    if (killable && signal?.aborted) onAbort()
    try {
      const stats = await work
      if (killable && signal?.aborted)
        throw frontError('QUERY_WAS_CANCELLED', 'Query was cancelled: its client has gone.')
      return stats
    } catch (error) {
      throw error instanceof Error && error.name === 'EngineError' ? error : engineError(String(error))
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#running.delete(tag)
      this.#release(session)
    }
  }

  /** Refuses new statements, lets running ones finish for `graceMs`, then kills them and ends the threads. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(frontError('ABORTED', 'The server is stopping.'))
    await settledWithin(this.#running.values(), graceMs)
    const left = [...this.#running.keys()]
    if (left.length > 0) this.#logger.warn({ queries: left.length }, 'killing queries that outlived the grace period')
    await Promise.all(left.map((tag) => settledWithin([this.#kill(tag)], 2000)))
    await settledWithin(this.#running.values(), 1000)
    await Promise.all([...this.#all].map((session) => session.close()))
  }

  async #kill(tag: string): Promise<void> {
    // Not SYNC: that form never returns in the embedded engine. It is repeated because the statement may not have
    // reached the engine yet.
    while (this.#running.has(tag)) {
      try {
        await this.#root.queryAsync(`KILL QUERY WHERE startsWith(Settings['log_comment'], '${tag}') ASYNC FORMAT Null`)
      } catch (error) {
        this.#logger.warn({ tag, error: String(error) }, 'a query could not be killed; trying again')
      }
      await new Promise((resolve) => setTimeout(resolve, killPauseMs))
    }
  }

  async #acquire(signal: AbortSignal | undefined): Promise<SessionThread> {
    if (this.#closed) throw frontError('ABORTED', 'The server is stopping.')
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#all.size + this.#opening < this.#limits.maxRunning) return this.#open()
    if (this.#waiting.length >= this.#limits.maxWaiting) {
      throw frontError(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous queries: ${this.#limits.maxRunning} run and ${this.#limits.maxWaiting} wait. Try again later.`,
      )
    }
    return new Promise((resolve, reject) => {
      const drop = () => {
        const at = this.#waiting.indexOf(waiter)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(frontError('QUERY_WAS_CANCELLED', 'Query was cancelled while it waited: its client has gone.'))
      }
      const waiter: Waiter = {
        start(session) {
          signal?.removeEventListener('abort', drop)
          resolve(session)
        },
        refuse(error) {
          signal?.removeEventListener('abort', drop)
          reject(error)
        },
      }
      this.#waiting.push(waiter)
      signal?.addEventListener('abort', drop, { once: true })
      if (signal?.aborted) drop()
    })
  }

  async #open(): Promise<SessionThread> {
    this.#opening += 1
    try {
      const session = await SessionThread.open(this.#enginePath)
      this.#all.add(session)
      return session
    } finally {
      this.#opening -= 1
    }
  }

  #release(session: SessionThread): void {
    if (!session.usable) {
      this.#all.delete(session)
      this.#logger.error({}, 'a session thread ended; a new one takes its place')
      const waiter = this.#waiting.shift()
      if (waiter !== undefined) this.#open().then(waiter.start, waiter.refuse)
      return
    }
    const waiter = this.#waiting.shift()
    if (waiter !== undefined) waiter.start(session)
    else this.#idle.push(session)
  }
}

/** Waits until all promises settled, or the time is over. */
async function settledWithin(promises: Iterable<Promise<unknown>>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([Promise.allSettled([...promises]), late])
  clearTimeout(timer)
}
