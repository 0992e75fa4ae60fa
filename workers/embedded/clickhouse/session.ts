import { Worker } from 'node:worker_threads'
import { type EngineError, engineError, frontError } from './errors.ts'
import type { ChunkSink, FromSession, Job, JobStats, SessionSetup, ToSession } from './protocol.ts'

interface Running {
  sink: ChunkSink
  resolve(stats: JobStats): void
  reject(error: EngineError): void
  /** Chunks are written in the order in which they came. */
  written: Promise<void>
}

/** One engine session in a thread of its own; runs one statement at a time. */
export class SessionThread {
  #worker: Worker
  #running: Running | undefined
  #ended = false

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (message: FromSession) => this.#receive(message))
    worker.on('error', (error) => this.#end(String(error)))
    worker.on('exit', () => this.#end('the session thread ended'))
  }

  /** Starts a thread and opens its session. */
  static async open(enginePath: string): Promise<SessionThread> {
    const setup: SessionSetup = { enginePath }
    const worker = new Worker(new URL('./session-thread.ts', import.meta.url), { workerData: setup })
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve())
      worker.once('error', reject)
      worker.once('exit', (code) => reject(new Error(`the session thread ended at once, with code ${code}`)))
    })
    return new SessionThread(worker)
  }

  /** False once the thread has ended. */
  get usable(): boolean {
    return !this.#ended
  }

  /** Runs one statement; rejects with an EngineError. The session is new again afterwards. */
  run(job: Job, sink: ChunkSink): Promise<JobStats> {
    if (this.#ended) return Promise.reject(frontError('STD_EXCEPTION', 'The session thread has ended.'))
    return new Promise((resolve, reject) => {
      this.#running = { sink, resolve, reject, written: Promise.resolve() }
      this.#post({ type: 'run', job })
    })
  }

  /** Tells a streaming statement to stop at its next chunk. */
  cancel(): void {
    this.#post({ type: 'cancel' })
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #post(message: ToSession): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromSession): void {
    const running = this.#running
    if (running === undefined) return
    if (message.type === 'chunk') {
      running.written = running.written.then(async () => {
        await running.sink(message.bytes)
        this.#post({ type: 'credit' })
      })
      // Where the reader fails, the statement's own end reports it.
      running.written.catch(() => this.cancel())
      return
    }
    if (message.type === 'ready') return
    this.#running = undefined
    if (message.type === 'failed') {
      const error = engineError(message.message)
      running.written.then(
        () => running.reject(error),
        () => running.reject(error),
      )
    } else {
      running.written.then(
        () => running.resolve(message.stats),
        (error: unknown) => running.reject(engineError(String(error))),
      )
    }
  }

  #end(reason: string): void {
    this.#ended = true
    this.#running?.reject(frontError('STD_EXCEPTION', `The engine's session failed: ${reason}.`))
    this.#running = undefined
  }
}
