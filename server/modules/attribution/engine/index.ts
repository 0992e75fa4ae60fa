/** The attribution engine: pure rules that decide, explain and replay. Imports nothing outside this folder but Zod. */
export { probabilisticAllowed } from './consent.ts'
export { decide, ENGINE_VERSION } from './decide.ts'
export { normalizeDeviceId, normalizeOpaqueId, normalizePersonId } from './identifiers.ts'
export { CROWD_SPAN_MS, PROBABILITY_NEEDED } from './probability.ts'
export { decideReengagement } from './reengagement.ts'
export { referrerClickId } from './referrer.ts'
export { earlierInstall } from './reinstall.ts'
export { DEFAULT_SETTINGS, rulesFor, SETTLE_MS, settingsInForce, settingsSchema } from './settings.ts'
export { compatibleTraits, networkOf } from './traits.ts'
export type {
  AttributionSettings,
  Candidate,
  ConversionType,
  Identifier,
  Install,
  LookbackWindows,
  MatchType,
  MediaSourceRules,
  PreviousInstall,
  Priority,
  RankReason,
  Reason,
  ReengagementReason,
  ReengagementVerdict,
  RefusedBy,
  Return,
  RuleHit,
  RuleName,
  Touchpoint,
  Traits,
  Verdict,
} from './types.ts'
export { MATCH_TIER } from './types.ts'
