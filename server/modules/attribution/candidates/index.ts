/** Which touchpoints and earlier installs the engine is given: pure, and the same for the attributor and for replays. */
export { deviceKeys, installKeys, isNamedKey, isNetworkKey, type MatchKey, touchpointKeys } from './keys.ts'
export {
  AHEAD_MS,
  type Arrival,
  CROWD,
  candidatesOf,
  type FoundTouchpoint,
  indexByKey,
  installsUpTo,
  type KeyedInstall,
  LONGEST_WINDOW_MS,
  neighboursOf,
  PER_KEY,
  siblingsOf,
  surroundingsOf,
  type TouchpointIndex,
} from './select.ts'
