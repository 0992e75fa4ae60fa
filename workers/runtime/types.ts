import type { Registry } from 'prom-client'
import type { Env } from '#server/platform/env.ts'
import type { Logger } from '#server/platform/logger.ts'

/** A dependency check that `/readyz` runs; it throws or rejects with a readable text when the dependency is away. */
export type ReadinessCheck = () => void | Promise<void>

/** What the runtime hands to a role. */
export interface WorkerContext {
  env: Env
  /** Names the role in every line. */
  logger: Logger
  /** This process's metrics, served at `/metrics`. */
  registry: Registry
  /** Aborted as soon as the process begins to stop. */
  signal: AbortSignal
  /** Adds a check to `/readyz` under a name such as `clickhouse`. */
  addReadinessCheck(name: string, check: ReadinessCheck): void
}

/** A started role. */
export interface RunningWorker {
  /** Finishes what is under way and frees everything; called once. */
  stop(): Promise<void>
}

/** What `workers/<role>/main.ts` exports as `start`. */
export type StartWorker = (context: WorkerContext) => Promise<RunningWorker>
