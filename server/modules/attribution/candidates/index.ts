/** Which touchpoints and earlier installs the engine is given: pure, and the same for the attributor and for replays. */
export { deviceKeys, installKeys, isNamedKey, type MatchKey, touchpointKeys } from './keys.ts'
export {
  candidatesOf,
  indexByKey,
  type KeyedInstall,
  LONGEST_WINDOW_MS,
  siblingsOf,
  type TouchpointIndex,
} from './select.ts'
