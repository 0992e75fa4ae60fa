/** What a session thread is given at its birth. */
export interface SessionSetup {
  /** The engine's directory, already opened by the main thread. */
  enginePath: string
}

/** One statement for a session thread. */
export interface Job {
  /** Statements that prepare the session: USE, SET. They run first, in order. */
  setup: string[]
  /** The statement itself. */
  sql: string
  /** The output format when the statement names none. */
  format: string
  /** Whether the result is fetched block by block (only for SELECT and streamable formats). */
  stream: boolean
}

/** What the main thread says to a session thread. */
export type ToSession =
  | { type: 'run'; job: Job }
  /** One more chunk may be sent. */
  | { type: 'credit' }
  /** Stop sending; the reader has gone. */
  | { type: 'cancel' }

/** What the engine says of a finished statement. */
export interface JobStats {
  rows: number
  bytes: number
  seconds: number
}

/** What a session thread says to the main thread. */
export type FromSession =
  | { type: 'ready' }
  | { type: 'chunk'; bytes: Uint8Array }
  | { type: 'done'; stats: JobStats }
  | { type: 'failed'; message: string }

/** Chunks that may be under way from a session thread to a slow reader. */
export const chunkWindow = 2

/** Takes a piece of the result; the next one is fetched when the promise settles. */
export type ChunkSink = (bytes: Uint8Array) => void | Promise<void>
