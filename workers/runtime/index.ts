export { type HealthServer, type Readiness, readiness, startHealthServer } from './health.ts'
export { type RetryOptions, retry } from './retry.ts'
export { type RoleToRun, runWorker, runWorkers } from './run.ts'
export type { ReadinessCheck, RunningWorker, StartWorker, WorkerContext } from './types.ts'
