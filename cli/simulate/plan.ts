import { journey } from './journey.ts'
import type { SimulationOptions } from './options.ts'
import { person, STREAM, timeOfDay } from './people.ts'
import { Random } from './random.ts'
import type { World } from './world.ts'

const DAY = 86_400_000
/** A reinstall comes so much later that no window reaches over both installs: what earned which is never in doubt. */
const REINSTALL_GAP = 9 * DAY
const REINSTALL_SHARE = 0.03

/** How busy a day is, 1 on average: weekends more, no two days alike. `day` counts whole days since 1970, UTC. */
export function busyness(seed: number, day: number): number {
  const weekday = (day + 4) % 7
  return (weekday === 0 || weekday === 6 ? 1.2 : 0.92) * new Random(seed, STREAM.day, day).between(0.85, 1.15)
}

/** Decides who installs when, in the period that ends with `options.end`. */
export function planWorld(options: SimulationOptions): World {
  const start = options.end - options.days * DAY
  const days = daysBetween(start, options.end)
  const weights = days.map((day) => busyness(options.seed, day))
  const planned = Array.from({ length: options.installs }, (_, who) => {
    const r = new Random(options.seed, STREAM.times, who)
    const { country } = person(options, who)
    for (let attempt = 0; attempt < 100; attempt++) {
      const time = r.weighted(days, (_, index) => weights[index] ?? 0) * DAY + timeOfDay(r, country)
      if (time >= start && time < options.end) return { who, time }
    }
    return { who, time: Math.floor(r.between(start, options.end)) }
  }).sort((a, b) => a.time - b.time || a.who - b.who)

  const count = planned.length
  const world: World = {
    options,
    start,
    end: options.end,
    times: Float64Array.from(planned, ({ time }) => time),
    who: Uint32Array.from(planned, ({ who }) => who),
    reinstallOf: new Int32Array(count).fill(-1),
    silentFrom: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
  }
  planReinstalls(world)
  return world
}

/** Makes some later installs reinstalls of devices that have been there; no device comes more than twice. */
function planReinstalls({ options, times, who, reinstallOf, silentFrom }: World): void {
  let oldEnough = 0
  for (let index = 0; index < times.length; index++) {
    const time = times[index] ?? 0
    while ((times[oldEnough] ?? 0) <= time - REINSTALL_GAP) oldEnough++
    const r = new Random(options.seed, STREAM.plan, index)
    if (oldEnough === 0 || !r.chance(REINSTALL_SHARE)) continue
    const original = r.below(oldEnough)
    if (reinstallOf[original] !== -1 || silentFrom[original] !== Number.POSITIVE_INFINITY) continue
    reinstallOf[index] = original
    silentFrom[original] = time
    who[index] = who[original] ?? 0
  }
}

/** Whole days since 1970 (UTC) that the period touches. */
export function daysBetween(start: number, end: number): number[] {
  const first = Math.floor(start / DAY)
  return Array.from({ length: Math.ceil(end / DAY) - first }, (_, index) => first + index)
}

/** What one walk over all journeys tells about them. */
export interface JourneyIndex {
  /** Numbers of the installs with a touchpoint on a day (whole days since 1970, UTC). */
  byDay: Map<number, number[]>
  touchpoints: number
  floodedInstalls: number
}

/** Walks over all journeys once, so that each day's touchpoints can later be made from the few that touch it. */
export function indexJourneys(world: World): JourneyIndex {
  const index: JourneyIndex = { byDay: new Map(), touchpoints: 0, floodedInstalls: 0 }
  for (let install = 0; install < world.times.length; install++) {
    const { touchpoints, fraud } = journey(world, install)
    index.touchpoints += touchpoints.length
    if (fraud === 'click_flooding') index.floodedInstalls++
    for (const day of new Set(touchpoints.map(({ touchpoint_time: time }) => Math.floor(time / DAY)))) {
      const installs = index.byDay.get(day)
      if (installs) installs.push(install)
      else index.byDay.set(day, [install])
    }
  }
  return index
}
