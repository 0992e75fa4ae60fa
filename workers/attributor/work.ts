import {
  type Arrival,
  completeInstall,
  type DecisionState,
  type Install,
  SETTLE_MS,
  type StoredInstall,
} from '#server/modules/attribution/index.ts'

/** One device whose install is to be decided, with what was decided before. */
export interface Work {
  stored: StoredInstall
  install: Install
  before: DecisionState | undefined
}

/** When an install arrived, and until when what arrives late decides it again. */
export function arrivalOf({ received_at }: Pick<StoredInstall, 'received_at'>): Arrival {
  const receivedAt = Date.parse(received_at)
  return { receivedAt, settlesAt: receivedAt + SETTLE_MS }
}

/**
 * Whether an install event comes before another of the same device: production before sandbox, then by event time, then
 * by event id. Nothing here depends on the order of arrival, so that every order leads to the same decision.
 */
function precedes(one: StoredInstall, other: StoredInstall): boolean {
  if (one.environment !== other.environment) return one.environment === 'production'
  const byTime = Date.parse(one.install_time) - Date.parse(other.install_time)
  return byTime === 0 ? one.event_id < other.event_id : byTime < 0
}

/** Whether an install event takes the place of the one that a device is decided by: it comes before it, and arrived in time. */
export function supersedesInstall(one: StoredInstall, decided: StoredInstall): boolean {
  return precedes(one, decided) && Date.parse(one.received_at) <= arrivalOf(decided).settlesAt
}

/**
 * The install that a device is decided by once this event of it is known too: the earlier of the two, completed by what only
 * the other one tells, such as a referrer that came in a second event. The same object where the event adds nothing.
 */
export function withEvent(decided: StoredInstall, event: StoredInstall): StoredInstall {
  const [first, other] = supersedesInstall(event, decided) ? [event, decided] : [decided, event]
  return completeInstall(first, other, arrivalOf(first).settlesAt)
}

/** The install that each device is decided by, as if its events had been looked at one by one when they arrived. */
export function firstOfEachDevice(installs: readonly StoredInstall[]): Map<string, StoredInstall> {
  const first = new Map<string, StoredInstall>()
  for (const install of installs.toSorted((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at))) {
    const other = first.get(install.device_id)
    first.set(install.device_id, other ? withEvent(other, install) : install)
  }
  return first
}
