/** A session: its number on this device, and when something last happened in it (Unix milliseconds). */
export interface Session {
  number: number
  last: number
}

/** Reads what `formatSession` wrote; null when there is none. */
export function parseSession(text: string | null): Session | null {
  const [number = Number.NaN, last = Number.NaN] = (text ?? '').split(' ').map(Number)
  return number > 0 && last > 0 ? { number, last } : null
}

/** A session as it is stored. */
export const formatSession = ({ number, last }: Session) => `${number} ${last}`

/**
 * The session that an activity belongs to: the one before, unless it has been idle for too long. A clock that was set
 * back does not end it.
 * @param before null on a new device
 * @param now Unix milliseconds
 * @param idleMs milliseconds
 */
export function nextSession(before: Session | null, now: number, idleMs: number): Session {
  const isNew = !before || now - before.last >= idleMs
  return { number: (before?.number ?? 0) + (isNew ? 1 : 0), last: now }
}
