/** What workers and measurements may use of replays. The router is not here. */
export {
  claimReplay,
  endReplay,
  type HeldReplay,
  holdReplay,
  LostReplay,
  noteCleared,
  REPLAY_LEASE_SECONDS,
  type ReplayProgress,
  type ReplayToClear,
  replaysToClear,
} from './progress.ts'
export { KEPT_DAYS, type ReplaySummary } from './schema.ts'
export { createReplay } from './service.ts'
