const DAY = 86_400_000
const HOUR = 3_600_000

/** Questions by what became of them. */
interface Claims {
  claimed: number
  not_claimed: number
  failed: number
}

/** Claimed installs among those the network answered for, from 0 to 1; null while it has answered for none. */
export function claimedShare({ claimed, not_claimed }: Claims): number | null {
  const answered = claimed + not_claimed
  return answered === 0 ? null : claimed / answered
}

/** Whether the last question went wrong: an error that later answers followed is history. */
export function isFailing(network: { lastAskedAt: Date | null; lastErrorAt: Date | null }): boolean {
  const { lastAskedAt, lastErrorAt } = network
  return lastErrorAt !== null && (lastAskedAt === null || lastErrorAt >= lastAskedAt)
}

/** A form's number of days or hours in milliseconds; what is no number stays none, for the server to refuse. */
export const daysToMs = (text: string): number => Number(text.trim() || Number.NaN) * DAY
export const hoursToMs = (text: string): number => Number(text.trim() || Number.NaN) * HOUR
export const msToDays = (ms: number): string => String(ms / DAY)
export const msToHours = (ms: number): string => String(ms / HOUR)
