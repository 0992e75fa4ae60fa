/** What decides whether a known key still works. */
export interface KeyValidity {
  revoked: boolean
  /** Unix milliseconds from which it is refused; null: never. */
  expiresAt: number | null
  /** Id of the key that took its place when it was rotated; null: it was not. */
  replacedBy: string | null
}

/**
 * Why a key that exists is refused, with what to do next; null while it works. Asked at each use, so that an expiry holds
 * without anything being looked up again.
 * @param now Unix milliseconds
 */
export function keyRefusal({ revoked, expiresAt, replacedBy }: KeyValidity, now: number): string | null {
  if (revoked) return 'This key was revoked. Use a current one: the console lists them.'
  if (expiresAt === null || now < expiresAt) return null
  const since = `${new Date(expiresAt).toISOString().slice(0, 19)}Z`
  return replacedBy === null
    ? `This key expired at ${since}. Create another one in the console.`
    : `This key was rotated and stopped working at ${since}. Use the one that replaced it, ${replacedBy}: the console lists it.`
}
