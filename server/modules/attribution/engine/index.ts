/** The attribution engine: pure rules that decide, explain and replay. Imports nothing outside this folder but Zod. */
export { decide, ENGINE_VERSION } from './decide.ts'
export { normalizeDeviceId, normalizeOpaqueId } from './identifiers.ts'
export { referrerClickId } from './referrer.ts'
export { DEFAULT_SETTINGS, settingsSchema } from './settings.ts'
export type {
  AttributionSettings,
  Candidate,
  Identifier,
  Install,
  LookbackWindows,
  MatchType,
  PreviousInstall,
  RankReason,
  Reason,
  RefusedBy,
  RuleHit,
  RuleName,
  Touchpoint,
  Verdict,
} from './types.ts'
export { MATCH_TIER } from './types.ts'
