/** What workers, REST and other modules may use of attribution. The router is not here: only server/router.ts has it. */
export * from './candidates/index.ts'
export { completeInstall } from './complete-install.ts'
export {
  APPSFLYER_ENGINE,
  type DecisionRow,
  type DecisionState,
  decidedElsewhere,
  decisionRow,
  decisionState,
  engineInstall,
  essence,
  STATE_COLUMNS,
} from './decision-row.ts'
export * from './engine/index.ts'
export { type Explanation, explainInstall } from './explain.ts'
export { importedDecisionRow } from './imported.ts'
export {
  type Credit,
  creditByModel,
  DEFAULT_PARAMETERS,
  type ModelParameters,
  MULTI_TOUCH_MODELS,
  type MultiTouchModel,
  type PathRow,
} from './models/index.ts'
export {
  dataDrivenModels,
  journeys,
  type MultiTouchInput,
  multiTouchInput,
  multiTouchRest,
  restMultiTouchInput,
  Turns,
  touchModels,
} from './multi-touch/index.ts'
export {
  type ReengagementRow,
  type ReengagementState,
  reengagementEssence,
  reengagementRow,
} from './reengagement-row.ts'
export * from './replay/index.ts'
export {
  type DecisionBody,
  type SettingsChange,
  type SettingsFields,
  type StoredCandidate,
  type StoredInstall,
  type StoredRuleHit,
  settingsFields,
  storedCandidateSchema,
  storedInstallSchema,
  storedRuleHitSchema,
} from './schema.ts'
export { type AppKey, allSettings, currentSettings, defaultAttributionSettings, settingsOfVersion } from './settings.ts'
export { ARRIVED_SQL, STORED_TOUCHPOINT_LENGTH } from './stored-touchpoint.ts'
export { settlesAt } from './verdict-columns.ts'
