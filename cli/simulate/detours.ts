import type { Journey } from './journey.ts'
import type { SimulationOptions } from './options.ts'
import { deviceId, type Person, STREAM } from './people.ts'
import { Random } from './random.ts'
import type { TouchpointRow } from './rows.ts'
import type { World } from './world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Late, yet before the install's decision settles, whatever its own event was held up by. */
const LATEST = 20 * HOUR

/** In which ways a journey left the plain road from a click on the phone to the install. */
export interface Detour {
  /** The click was made in a browser on another device. */
  webToApp: boolean
  /** The network keeps its touchpoints to itself, and claims this install afterwards. */
  claimed: boolean
  /** The click reaches us after the install. */
  lateClick: boolean
  /** What names the click comes in a second install event, so many milliseconds after the first; null: it does not. */
  secondEventAfterMs: number | null
}

/** A journey with what became of its touchpoint on the way to us. */
export interface Detoured {
  detour: Detour
  /** When single touchpoints reach us, by id, in Unix milliseconds; the others come as touchpoints do. */
  arrivals: ReadonlyMap<string, number>
  /** The install event says whose it is. */
  signedIn: boolean
}

export const NO_DETOUR: Detoured = {
  detour: { webToApp: false, claimed: false, lateClick: false, secondEventAfterMs: null },
  arrivals: new Map(),
  signedIn: false,
}

const DESKTOP = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
] as const

type Trip = Omit<Journey, keyof Detoured>

/**
 * Sends some of the honest journeys to an install on a detour, in the shares the options ask for. Draws from a stream of its
 * own, so that a world without detours is the same as ever.
 */
export function takeDetour(world: World, index: number, trip: Trip): Journey {
  const { options } = world
  const { late, webToApp, claims } = options
  if (late + webToApp + claims === 0 || trip.fraud !== null || trip.earnedBy === null) return { ...trip, ...NO_DETOUR }
  const r = new Random(options.seed, STREAM.detour, index)
  const dice = r.unit()
  const isClaimed = dice < claims && isLatestOfItsKind(trip, trip.earnedBy)
  const isWeb = !isClaimed && dice >= claims && dice < claims + webToApp && trip.cause === 'click'
  let signedIn = false
  let onTheWay = trip
  if (isClaimed) onTheWay = claimedBy(options, index, trip, trip.earnedBy)
  if (isWeb) {
    signedIn = isLatestOfItsKind(trip, trip.earnedBy) && r.chance(0.4)
    onTheWay = fromTheWeb(r, trip, trip.earnedBy, signedIn)
  }
  const { earnedBy, named, installTime } = onTheWay
  const arrivals = new Map<string, number>()
  const lateClick = !isClaimed && trip.cause === 'click' && r.chance(late)
  // A network is asked after the install: mostly it answers at once, now and then only when it is asked again.
  const wait = isClaimed && r.chance(0.9) ? r.between(SECOND, MINUTE) : r.between(MINUTE, LATEST)
  if (earnedBy && (isClaimed || lateClick)) arrivals.set(earnedBy.touchpoint_id, Math.floor(installTime + wait))
  const second = named !== null && r.chance(late) ? Math.floor(r.between(SECOND, 3 * HOUR)) : null
  return {
    ...onTheWay,
    detour: { webToApp: isWeb, claimed: isClaimed, lateClick, secondEventAfterMs: second },
    arrivals,
    signedIn,
  }
}

/** Whether nothing that counts as much lies between the touchpoint and the install: it wins among equals by being the last. */
function isLatestOfItsKind({ touchpoints, installTime }: Trip, earnedBy: TouchpointRow): boolean {
  return touchpoints.every(
    ({ touchpoint_id: id, touchpoint_type: type, touchpoint_time: time }) =>
      id === earnedBy.touchpoint_id ||
      type !== earnedBy.touchpoint_type ||
      time < earnedBy.touchpoint_time ||
      time > installTime,
  )
}

/** The same journey by another form of its touchpoint. */
function by(trip: Trip, earnedBy: TouchpointRow, named: Pick<Trip, 'named' | 'namedBy'>): Trip {
  const touchpoints = trip.touchpoints.map((one) => (one.touchpoint_id === earnedBy.touchpoint_id ? earnedBy : one))
  return { ...trip, earnedBy, touchpoints, ...named }
}

/** A network that says of the install that it is its own, and nothing else of the device. */
function claimedBy({ seed }: SimulationOptions, index: number, trip: Trip, given: TouchpointRow): Trip {
  const { advertising_id: _, idfv: __, ip: ___, user_agent: ____, ...rest } = given
  return by(trip, { ...rest, claimed_device_id: deviceId(seed, index) }, { named: null, namedBy: [] })
}

/** A click at a desk. Its id travels by the landing page, or it is the person who signed in on both sides that ties the two. */
function fromTheWeb(r: Random, trip: Trip, given: TouchpointRow, signedIn: boolean): Trip {
  const { advertising_id: _, idfv: __, ...rest } = given
  const ip = `10.${r.below(256)}.${r.below(256)}.${r.below(256)}`
  const person: Person = trip.person
  const row: TouchpointRow = {
    ...rest,
    platform: 'web',
    ...(signedIn && { customer_user_id: person.customerUserId }),
    ip,
    user_agent: r.pick(DESKTOP),
  }
  if (signedIn) return by(trip, row, { named: null, namedBy: [] })
  return by(trip, row, { named: row, namedBy: trip.namedBy.length > 0 ? trip.namedBy : ['click_id'] })
}
