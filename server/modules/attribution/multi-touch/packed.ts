import { CLOCK_TOLERANCE_MS } from '../engine/judge.ts'

/** A touch as one number, because numbers are gathered five times as fast as tuples: time (ms), channel and id, in this order. */
export function packed(at: string, channel: string, touch: string): string {
  return `bitOr(bitShiftLeft(toUInt128(${at}), 80), bitOr(bitShiftLeft(toUInt128(${channel}), 64), toUInt128(${touch})))`
}

/** When a packed touch happened, in ms. */
export const touchTime = (touch: string) => `toInt64(bitShiftRight(${touch}, 80))`

/**
 * Touches of one person of which some count as of another time than their own: sorted by when they count, those of one
 * moment by when they happened, each once.
 * @param moved array of touches with the time (ms) as of which they count; the same ones may be among `found`
 */
export function withMoved(moved: string, found: string): string {
  const own = `arrayMap(t -> (${touchTime('t')}, t), ${found})`
  const all = `arrayConcat(arrayMap(m -> (toInt64(m.2), m.1), arraySort(m -> m.2, ${moved})), ${own})`
  const once = `arrayFilter((t, nth) -> nth = 1, ${all}, arrayEnumerateUniq(arrayMap(t -> toUInt64(t.2), ${all})))`
  const rest = 'bitShiftRight(bitShiftLeft(t.2, 48), 48)'
  return `arrayMap(t -> bitOr(bitShiftLeft(toUInt128(t.1), 80), ${rest}), arraySort(${once}))`
}

/**
 * As of when a touch counts, in ms, where it is dated after the install that it brought, else 0: one of the two clocks was
 * wrong, and the engine, which lets it win, takes it for earlier than the install.
 * @param touch time of the touch in ms
 * @param installed time of an install that named it or was decided for it, in ms
 */
export const asOf = (touch: string, installed: string) =>
  `if(${touch} > ${installed} and ${touch} <= ${installed} + ${CLOCK_TOLERANCE_MS}, ${installed}, toInt64(0))`
