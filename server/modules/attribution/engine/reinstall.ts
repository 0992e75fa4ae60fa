import { normalizeDeviceId } from './identifiers.ts'
import type { Install, PreviousInstall } from './types.ts'

/** The most recent earlier install of the same device within the window, or `null`. Of several at the same time, the greater device id. */
export function earlierInstall(
  install: Install,
  previous: readonly PreviousInstall[],
  reinstallWindowMs: number,
): PreviousInstall | null {
  const advertisingId = normalizeDeviceId(install.advertisingId)
  const idfv = normalizeDeviceId(install.idfv)
  let latest: PreviousInstall | null = null
  for (const one of previous) {
    if (one.deviceId === install.deviceId) continue
    const age = install.installTime - one.installTime
    if (age < 0 || age > reinstallWindowMs) continue
    const sameDevice =
      (advertisingId !== null && advertisingId === normalizeDeviceId(one.advertisingId)) ||
      (idfv !== null && idfv === normalizeDeviceId(one.idfv))
    if (!sameDevice) continue
    // Two installs at the very same time: the greater device id counts as the later one, or each would follow the other.
    if (age === 0 && one.deviceId > install.deviceId) continue
    if (latest === null || isLater(one, latest)) latest = one
  }
  return latest
}

function isLater(a: PreviousInstall, b: PreviousInstall): boolean {
  return a.installTime === b.installTime ? a.deviceId > b.deviceId : a.installTime > b.installTime
}

/**
 * How long the device had been silent before the install, in milliseconds, where that is too short for a re-attribution;
 * `null` where it was silent for the inactivity window, where that is 0 (off), and where nothing is known of it.
 */
export function shortSilence(
  { installTime, lastActiveAt }: Pick<Install, 'installTime' | 'lastActiveAt'>,
  inactivityWindowMs: number,
): number | null {
  if (lastActiveAt === null || lastActiveAt === undefined) return null
  const silence = Math.max(0, installTime - lastActiveAt)
  return silence < inactivityWindowMs ? silence : null
}
