/** What decides a key's state; of an ingest key or a secret key. */
export interface KeyTimes {
  expiresAt: Date | null
  replacedBy: string | null
  revokedAt: Date | null
}

/** `ending`: works until a time that is set; `rotated`: ended because another key took its place. */
export type KeyState = 'active' | 'ending' | 'rotated' | 'expired' | 'revoked'

/** The state of a key at a moment (Unix milliseconds). */
export function keyState({ expiresAt, replacedBy, revokedAt }: KeyTimes, now: number): KeyState {
  if (revokedAt) return 'revoked'
  if (!expiresAt) return 'active'
  if (now < expiresAt.getTime()) return 'ending'
  return replacedBy ? 'rotated' : 'expired'
}

/** Whether a key still works. */
export const isLive = (key: KeyTimes, now: number): boolean => ['active', 'ending'].includes(keyState(key, now))

/**
 * The key to write into snippets: one that works and was not rotated, without an end before one with; null when there is none.
 * @param keys newest first
 */
export function currentKey<Key extends KeyTimes>(keys: readonly Key[], now: number): Key | null {
  const live = keys.filter((key) => isLive(key, now))
  return live.find((key) => !key.expiresAt) ?? live.find((key) => !key.replacedBy) ?? live[0] ?? null
}
