/** A day on which a device was active: its first and last moment, Unix milliseconds. */
export interface ActiveDay {
  first: number
  last: number
}

/** A device that is active again after at least a day of silence. */
export interface Pause {
  /** First moment after it, Unix milliseconds. */
  returnedAt: number
  lastActivity: number
}

/** The shortest silence that settings can ask for; shorter ones need no look. */
export const SHORTEST_PAUSE_MS = 86_400_000
/** How long after its first event a device may still report that a click brought it back: one session's idle time. */
export const REPORT_MS = 30 * 60_000

/** The pauses between a device's active days, oldest first. A pause of a day or more never lies within one UTC day. */
export function pausesOf(days: readonly ActiveDay[]): Pause[] {
  const sorted = days.toSorted((a, b) => a.first - b.first)
  return sorted.flatMap(({ first }, index) => {
    const before = sorted[index - 1]
    return before && first - before.last >= SHORTEST_PAUSE_MS ? [{ returnedAt: first, lastActivity: before.last }] : []
  })
}

/** The pause that a reported return ended, if it ended one. */
export function pauseEndedBy(time: number, pauses: readonly Pause[]): Pause | undefined {
  return pauses.findLast(({ returnedAt }) => returnedAt <= time && time - returnedAt <= REPORT_MS)
}
