import type { StoredInstall } from './schema.ts'

/** What a later install event of the same device may add: each group comes whole from one event. */
const GROUPS = {
  install_referrer: [
    'install_referrer',
    'referrer_click_id',
    'referrer_click_time',
    'install_begin_time',
    'referrer_click_time_server',
    'install_begin_time_server',
  ],
  click_id: ['click_id'],
  advertising_id: ['advertising_id'],
  idfv: ['idfv'],
  customer_user_id: ['customer_user_id'],
} as const satisfies Record<string, readonly (keyof StoredInstall)[]>
type Group = keyof typeof GROUPS
const NAMES = Object.keys(GROUPS) as Group[]

/** What names the click itself holds whenever it arrives; an id of the device only until the decision settles. */
const NAMED: ReadonlySet<Group> = new Set(['install_referrer', 'click_id'])

interface Source {
  event_id: string
  install_time: string
}

const isEarlier = (a: Source, b: Source): boolean => {
  const byTime = Date.parse(a.install_time) - Date.parse(b.install_time)
  return byTime === 0 ? a.event_id < b.event_id : byTime < 0
}

/** The event a group of the install came from; `null` where it has none. */
function sourceOf(install: StoredInstall, group: Group): Source | null {
  if (!install[group]) return null
  return install.completed_by.find(({ field }) => field === group) ?? install
}

/**
 * An install with what another install event of the same device tells beside it: phones report the store's referrer, or an
 * id, in a second event when it was not yet known at the first. The install stays the one it was; of what it lacks, each
 * group (the referrer with its times, the click id, each device id) is taken from the earliest event that has it. So every
 * order in which the events come gives the same install.
 * @param settlesAt Unix milliseconds; what arrives later adds a referrer or click id, and no device ids
 * @returns the same object where the other event adds nothing
 */
export function completeInstall(install: StoredInstall, other: StoredInstall, settlesAt: number): StoredInstall {
  if (install.environment !== other.environment || install.device_id !== other.device_id) return install
  const inTime = Date.parse(other.received_at) <= settlesAt
  let completed = install
  for (const group of NAMES) {
    const theirs = sourceOf(other, group)
    if (theirs === null || !(inTime || NAMED.has(group))) continue
    const own = sourceOf(install, group)
    if (own === install || (own !== null && !isEarlier(theirs, own))) continue
    completed = withGroup(completed, other, group, theirs)
  }
  return completed
}

function withGroup(
  install: StoredInstall,
  other: StoredInstall,
  group: Group,
  { event_id, install_time }: Source,
): StoredInstall {
  const fields = Object.fromEntries(GROUPS[group].map((field) => [field, other[field]]))
  const completedBy = [
    ...install.completed_by.filter(({ field }) => field !== group),
    { field: group, event_id, install_time },
  ].sort((a, b) => NAMES.indexOf(a.field) - NAMES.indexOf(b.field))
  return { ...install, ...fields, completed_by: completedBy }
}
