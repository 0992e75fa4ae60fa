import { comesBack, eventsOn, loyalty, retentionOn } from './activity.ts'
import type { Detour } from './detours.ts'
import { journey } from './journey.ts'
import { optionsSchema, type SimulationInput } from './options.ts'
import { deviceId, STREAM } from './people.ts'
import { busyness, daysBetween, indexJourneys, type JourneyIndex, planWorld } from './plan.ts'
import { Random } from './random.ts'
import type { EventRow, TouchpointRow, TruthRow } from './rows.ts'
import { Timeline } from './timeline.ts'
import { wasteOfDay } from './waste.ts'
import type { World } from './world.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Clicks that a flooding publisher sends for people who never install, per install it tries to steal. */
const FLOOD = 25

/** A row with when it reaches us, Unix milliseconds. */
export interface Arrived<Row> {
  at: number
  row: Row
}

/** A simulated mobile game's traffic. Each iterable can be walked any number of times and always gives the same rows. */
export interface Simulation {
  start: number
  end: number
  /** Ad clicks and views in order of arrival: about one in a hundred comes up to some hours late. */
  touchpoints: Iterable<TouchpointRow>
  /** The same with their arrival. */
  touchpointArrivals: Iterable<Arrived<TouchpointRow>>
  /** Installs and in-app events in order of arrival: one or two in a hundred come up to some days late. */
  events: Iterable<EventRow>
  /** The install events alone, by install time: what `events` holds of them, without walking everything else. */
  installs: Iterable<EventRow>
  /** The same with their arrival. */
  installArrivals: Iterable<Arrived<EventRow>>
  /** What really caused each install, by install time. */
  truth: Iterable<TruthRow>
  /** The detour that each journey took, in the order of `truth`. */
  detours: Iterable<Detour & { device_id: string }>
}

/**
 * Simulates a mobile game: campaigns of different quality, people in several countries, what they click and see, their
 * installs, and what they do afterwards. Deterministic: the same options give the same rows. Memory grows with the
 * number of installs (tens of bytes each) and the traffic of a day, not with the whole.
 *
 * Without fraud the truth is what the contract's rules give under default windows for every install whose touchpoint can
 * be found by click id, referrer, device id, customer or claim; the rest are iPhones that carry nothing.
 * @throws ZodError on options out of range
 */
export function simulate(input: SimulationInput): Simulation {
  const world = planWorld(optionsSchema.parse(input))
  let index: JourneyIndex | undefined
  const journeys = () => {
    index ??= indexJourneys(world)
    return index
  }
  return {
    start: world.start,
    end: world.end,
    touchpoints: { [Symbol.iterator]: () => rowsOf(touchpoints(world, journeys())) },
    touchpointArrivals: { [Symbol.iterator]: () => touchpoints(world, journeys()) },
    events: { [Symbol.iterator]: () => events(world) },
    installs: { [Symbol.iterator]: () => rowsOf(installs(world)) },
    installArrivals: { [Symbol.iterator]: () => installs(world) },
    truth: { [Symbol.iterator]: () => truth(world) },
    detours: { [Symbol.iterator]: () => detours(world) },
  }
}

function* rowsOf<Row>(arrived: Iterable<Arrived<Row>>): Generator<Row> {
  for (const { row } of arrived) yield row
}

function* touchpoints(
  world: World,
  { byDay, touchpoints: ofInstalls, floodedInstalls }: JourneyIndex,
): Generator<Arrived<TouchpointRow>> {
  const { options } = world
  const days = daysBetween(world.start, world.end)
  const wasted = Math.max(0, options.installs * options.touchpointsPerInstall - ofInstalls)
  const timeline = new Timeline<Arrived<TouchpointRow>>()
  const firstDay = Math.min(days[0] ?? 0, ...byDay.keys())
  const lastDay = days.at(-1) ?? firstDay
  let firstPerson = options.installs
  for (let day = firstDay; day <= lastDay; day++) {
    const late = new Random(options.seed, STREAM.waste, day, 1)
    const add = (row: TouchpointRow, arrival?: number) => {
      const delay = late.chance(0.01) ? late.between(0, 6 * HOUR) : 0
      const at = arrival ?? row.touchpoint_time + delay
      timeline.add(at, { at, row })
    }
    for (const install of byDay.get(day) ?? []) {
      const { touchpoints: own, arrivals } = journey(world, install)
      for (const row of own) {
        if (Math.floor(row.touchpoint_time / DAY) === day) add(row, arrivals.get(row.touchpoint_id))
      }
    }
    if (day >= (days[0] ?? 0)) {
      const part = busyness(options.seed, day) / options.days
      const count = Math.round(wasted * part)
      const floodClicks = Math.round(floodedInstalls * FLOOD * part)
      for (const row of wasteOfDay(world, { day, count, floodClicks, firstPerson })) add(row)
      firstPerson += count + floodClicks
    }
    yield* timeline.drain(day)
  }
  yield* timeline.drainAll()
}

function* events(world: World): Generator<EventRow> {
  const { options, times } = world
  const factors = Float32Array.from(times, (_, install) => loyalty(journey(world, install)))
  const shares = Array.from({ length: options.days + 2 }, (_, offset) => (offset === 0 ? 1 : retentionOn(offset)))
  const timeline = new Timeline<EventRow>()
  for (const day of daysBetween(world.start, world.end)) {
    for (let install = 0; install < times.length; install++) {
      const offset = day - Math.floor((times[install] ?? 0) / DAY)
      if (offset < 0) break
      if (!comesBack(world, install, offset, factors[install] ?? 0, shares[offset] ?? 0)) continue
      const late = new Random(options.seed, STREAM.device, install, -1 - offset)
      for (const row of eventsOn(world, install, offset)) {
        timeline.add(row.event_time + delay(late, row), row)
      }
    }
    yield* timeline.drain(day)
  }
  yield* timeline.drainAll()
}

function* installs(world: World): Generator<Arrived<EventRow>> {
  for (let install = 0; install < world.times.length; install++) {
    // As `events` draws: one delay for each row of the day, in order.
    const late = new Random(world.options.seed, STREAM.device, install, -1)
    for (const row of eventsOn(world, install, 0)) {
      const at = row.event_time + delay(late, row)
      if (row.event_name === 'install') yield { at, row }
    }
  }
}

/** Milliseconds until an event arrives: mostly none; a phone without network sends later. */
function delay(r: Random, { event_name: name }: EventRow): number {
  if (name === 'install') return r.chance(0.005) ? r.between(0, 3 * HOUR) : 0
  return r.chance(0.015) ? Math.min(3 * DAY, r.logNormal(2 * HOUR, 1.4)) : 0
}

function* truth(world: World): Generator<TruthRow> {
  for (let install = 0; install < world.times.length; install++) {
    const { cause, earnedBy, fraud } = journey(world, install)
    yield {
      device_id: deviceId(world.options.seed, install),
      cause,
      touchpoint_id: earnedBy?.touchpoint_id ?? '',
      media_source: earnedBy?.media_source ?? 'organic',
      campaign: earnedBy?.campaign ?? '',
      fraud: fraud ?? 'none',
    }
  }
}

function* detours(world: World): Generator<Detour & { device_id: string }> {
  for (let install = 0; install < world.times.length; install++) {
    yield { device_id: deviceId(world.options.seed, install), ...journey(world, install).detour }
  }
}
