import { z } from 'zod'
import type { StoredInstall } from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import type { Tenant } from '../reads.ts'
import { inTurns, rows } from '../store.ts'
import { arrivalOf } from '../work.ts'
import { type ActiveDay, type Pause, pauseEndedBy, pausesOf, REPORT_MS } from './pauses.ts'
import type { DecidedReturn } from './reads.ts'

/** Returns that are looked up with one query. */
const AT_ONCE = 200

/** A return that is to be decided; `pause` absent: something late showed that there was none. */
export interface Comeback {
  event: StoredInstall
  pause: Pause | undefined
  reported: boolean
  before: DecidedReturn | undefined
}

/** What is known of one device's returns. */
export interface KnownReturns {
  /** Events that say that a click brought the device back, and those at the first moment after a pause. */
  reported: readonly StoredInstall[]
  first: readonly StoredInstall[]
  /** Decisions by conversion id. */
  before: ReadonlyMap<string, DecidedReturn>
  /** Unix milliseconds: decisions about earlier returns are not looked at again. */
  from: number
  /** What follows from all of it. */
  found: readonly Comeback[]
}

/** One return for each pause: the event that reports it, else the first one after it. */
export function comebacksAfter(
  pauses: readonly Pause[],
  { reported, first, before }: Pick<KnownReturns, 'reported' | 'first' | 'before'>,
): Comeback[] {
  const reports = Map.groupBy(reported, (one) => pauseEndedBy(Date.parse(one.install_time), pauses))
  const beginnings = Map.groupBy(first, (one) => Date.parse(one.install_time))
  return pauses.flatMap((pause) => {
    const report = earliest(reports.get(pause) ?? [])
    const event = report ?? earliest(beginnings.get(pause.returnedAt) ?? [])
    return event ? [{ event, pause, reported: report !== undefined, before: before.get(event.event_id) }] : []
  })
}

function earliest(events: readonly StoredInstall[]): StoredInstall | undefined {
  return events.toSorted(
    (a, b) =>
      Date.parse(a.install_time) - Date.parse(b.install_time) ||
      Number(a.event_id > b.event_id) - Number(a.event_id < b.event_id),
  )[0]
}

/** The re-engagements that are looked at again. */
export function attributedFrom({ before, from }: Pick<KnownReturns, 'before' | 'from'>): DecidedReturn[] {
  return [...before.values()].filter(
    ({ event, outcome }) => outcome === 'attributed' && Date.parse(event.install_time) >= from,
  )
}

/** A decided return whose silence looks different now, though it has settled. */
interface Contested {
  known: number
  one: DecidedReturn
  lastActivity: number
  time: number
  settlesAt: number
}

/**
 * What becomes of the devices' returns when those that have settled stay: such a return is judged by what had arrived until
 * then, as an install is, and nothing else ends its silence.
 * @param now Unix milliseconds
 * @returns the comebacks of each device, in their order
 * @throws ClickHouseError, or a connection error when the store is away
 */
export async function keepSettled(
  clickhouse: ClickHouseClient,
  tenant: Tenant,
  known: readonly KnownReturns[],
  now: number,
): Promise<Comeback[][]> {
  const comebacks = known.map(({ found }) => [...found])
  const contested = known.flatMap((of, at) => contestedOf(of, at, now))
  const pieces: Contested[][] = []
  for (let at = 0; at < contested.length; at += AT_ONCE) pieces.push(contested.slice(at, at + AT_ONCE))
  const days = (await inTurns(pieces, (piece) => readDaysInTime(clickhouse, tenant, piece))).flat()
  for (const [index, { known: at, one, lastActivity, time, settlesAt }] of contested.entries()) {
    const of = known[at]
    if (of === undefined) continue
    const inTime = ({ received_at }: StoredInstall) => Date.parse(received_at) <= settlesAt
    const pauses = pausesOf([point(lastActivity), ...(days[index] ?? []), point(time)])
    const settled = comebacksAfter(pauses, {
      reported: of.reported.filter(inTime),
      first: [...of.first.filter(inTime), one.event],
      before: of.before,
    }).find(({ event }) => event.event_id === one.event.event_id)
    if (settled === undefined) continue
    const others = (comebacks[at] ?? []).filter(({ event }) => {
      const when = Date.parse(event.install_time)
      return when <= lastActivity || when > time + REPORT_MS
    })
    comebacks[at] = [...others, settled]
  }
  return comebacks
}

const point = (time: number): ActiveDay => ({ first: time, last: time })

function contestedOf(of: KnownReturns, known: number, now: number): Contested[] {
  return attributedFrom(of).flatMap((one) => {
    const { lastActivity, event } = one
    const { settlesAt } = arrivalOf(event)
    if (lastActivity === null || now <= settlesAt) return []
    const same = of.found.find((other) => other.event.event_id === event.event_id)
    if (same?.pause?.lastActivity === lastActivity) return []
    return [{ known, one, lastActivity, time: Date.parse(event.install_time), settlesAt }]
  })
}

const daySchema = z.object({
  place: z.number(),
  first: z.string().transform(Number),
  last: z.string().transform(Number),
})

/** The days within each return's silence on which its device was active, of what arrived before it settled. */
async function readDaysInTime(
  clickhouse: ClickHouseClient,
  { orgId, appId }: Tenant,
  contested: readonly Contested[],
): Promise<ActiveDay[][]> {
  const found = await rows(
    clickhouse,
    `select c.place as place, toString(toUnixTimestamp64Milli(min(e.event_time))) as first,
       toString(toUnixTimestamp64Milli(max(e.event_time))) as last
     from (
       select device_id, environment, event_time, received_at from events
       where org_id = {org:String} and app_id = {app:String} and device_id in {devices:Array(String)}
     ) as e
     inner join (
       select toUInt32(one.1) as place, one.2 as device, one.3 as environment,
         fromUnixTimestamp64Milli(one.4, 'UTC') as after, fromUnixTimestamp64Milli(one.5, 'UTC') as until,
         fromUnixTimestamp64Milli(one.6, 'UTC') as settles
       from (
         select arrayJoin(arrayZip(arrayEnumerate({devices:Array(String)}), {devices:Array(String)},
           {environments:Array(String)}, {after:Array(Int64)}, {until:Array(Int64)}, {settles:Array(Int64)})) as one
       )
     ) as c on e.device_id = c.device and e.environment = c.environment
     where e.event_time > c.after and e.event_time <= c.until and e.received_at <= c.settles
     group by place, toDate(e.event_time, 'UTC')`,
    {
      org: orgId,
      app: appId,
      devices: contested.map(({ one }) => one.event.device_id),
      environments: contested.map(({ one }) => one.event.environment),
      after: contested.map(({ lastActivity }) => lastActivity),
      until: contested.map(({ time }) => time),
      settles: contested.map(({ settlesAt }) => settlesAt),
    },
  )
  const days = contested.map((): ActiveDay[] => [])
  for (const row of found) {
    const { place, first, last } = daySchema.parse(row)
    days[place - 1]?.push({ first, last })
  }
  return days
}
