import type { Campaign } from './campaigns.ts'
import { APP_VERSIONS, PRICE_WEIGHTS, PRICES, PRODUCTS, RETENTION, SDK_VERSION } from './catalogue.ts'
import { type FraudKind, fraudRetention } from './fraud.ts'
import { installRow } from './install.ts'
import { type Journey, journey } from './journey.ts'
import { deviceId, STREAM, timeOfDay } from './people.ts'
import { Random } from './random.ts'
import type { EventRow } from './rows.ts'
import type { World } from './world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Share of average devices that open the app on the n-th day after the install. */
export function retentionOn(day: number): number {
  let [fromDay, fromShare] = RETENTION[0] ?? [1, 0]
  for (const [toDay, toShare] of RETENTION) {
    if (day <= toDay) {
      if (toDay === fromDay) return toShare
      const part = Math.log(day / fromDay) / Math.log(toDay / fromDay)
      return fromShare * (toShare / fromShare) ** part
    }
    fromDay = toDay
    fromShare = toShare
  }
  return fromShare
}

/** How likely an install's device is to come back, compared with the average. Needed for every install on every day. */
export function loyalty({ campaign, fraud }: { campaign: Campaign | null; fraud: FraudKind | null }): number {
  return (campaign?.retention ?? 1.15) * fraudRetention(fraud)
}

/** Whether install number `index` opens the app `offset` days after its install. Cheap: most devices do not. */
export function comesBack(world: World, index: number, offset: number, factor: number, share: number): boolean {
  if (offset === 0) return true
  return new Random(world.options.seed, STREAM.day, index, offset).chance(Math.min(0.97, share * factor))
}

/**
 * Everything install number `index` does `offset` days after its install (0: the install and the first session), in
 * order of time, inside the period.
 */
export function eventsOn(world: World, index: number, offset: number): EventRow[] {
  const trip = journey(world, index)
  const installTime = trip.installTime
  const dayStart = Math.floor(installTime / DAY) * DAY + offset * DAY
  const player = new Player(world, index, offset, trip)
  if (offset === 0) {
    player.install()
    player.session(installTime + player.r.between(1, 20) * SECOND, true)
    for (let more = player.r.count(0.5); more > 0; more--) {
      player.session(installTime + player.r.logNormal(4 * HOUR, 0.8), false)
    }
  } else {
    for (let more = 1 + player.r.count(0.6); more > 0; more--) {
      player.session(dayStart + timeOfDay(player.r, trip.person.country), false)
    }
  }
  const until = Math.min(world.end, world.silentFrom[index] ?? world.end)
  return player.events.filter(({ event_time: time }) => time < until).sort((a, b) => a.event_time - b.event_time)
}

/** One device on one day; collects its events. */
class Player {
  readonly r: Random
  readonly events: EventRow[] = []
  readonly #trip: Journey
  readonly #deviceId: string
  readonly #registers: boolean
  readonly #pays: boolean
  #level: number

  constructor({ options }: World, index: number, offset: number, trip: Journey) {
    this.#trip = trip
    this.#deviceId = deviceId(options.seed, index)
    // The device's lasting traits come from a stream of their own, the same on every day.
    const traits = new Random(options.seed, STREAM.spender, index)
    this.#registers = traits.chance(0.3)
    const { country, platform } = trip.person
    const propensity = 0.035 * country.payers * (platform === 'ios' ? 1.4 : 1) * (trip.campaign?.payers ?? 1)
    this.#pays = trip.fraud === null && traits.chance(propensity)
    this.#level = 1 + offset * 5
    this.r = new Random(options.seed, STREAM.device, index, offset + 1)
  }

  install(): void {
    const { installTime, detour } = this.#trip
    const whole = installRow(this.#trip)
    const after = detour.secondEventAfterMs
    if (after === null) {
      this.#add('install', installTime, whole)
      return
    }
    // The store had not yet told the app.
    const { install_referrer: _, referrer_click_time: __, install_begin_time: ___, click_id: ____, ...known } = whole
    this.#add('install', installTime, known)
    this.#add('install', installTime + after, whole)
  }

  session(start: number, first: boolean): void {
    let time = start
    this.#add('session_start', time)
    if (first && this.r.chance(0.84)) {
      time += this.r.between(50, 240) * SECOND
      this.#add('tutorial_complete', time, { properties: { duration_s: Math.round((time - start) / SECOND) } })
    }
    if (first && this.#registers) {
      time += this.r.between(5, 60) * SECOND
      this.#add('registration', time)
    }
    for (let levels = 1 + this.r.count(1.7); levels > 0; levels--) {
      time += this.r.logNormal(95, 0.5) * SECOND
      const properties = { level: this.#level++, stars: 1 + this.r.below(3), moves_left: this.r.below(12) }
      this.#add('level_complete', time, { properties })
    }
    if (this.#pays && this.r.chance(first ? 0.3 : 0.45)) this.#purchase(time + this.r.between(5, 90) * SECOND)
  }

  #purchase(time: number): void {
    const { currency } = this.#trip.person.country
    const generous = this.#trip.campaign?.spend ?? 1
    const tier = this.r.weighted([0, 1, 2, 3, 4, 5], (n) => (PRICE_WEIGHTS[n] ?? 0) * generous ** n)
    const revenue = PRICES[currency][tier] ?? 0
    const product = PRODUCTS[tier] ?? 'gems_small'
    this.#add('purchase', time, { revenue, currency, properties: { product_id: product, quantity: 1 } })
  }

  #add(name: string, time: number, more: Partial<EventRow> = {}): void {
    const { person, fraud, installTime } = this.#trip
    const honest = fraud !== 'sdk_spoofing'
    const known = this.#registers && name !== 'install' && (time > installTime + 10 * MINUTE || name === 'registration')
    this.events.push({
      event_id: this.r.uuid(),
      event_name: name,
      event_time: Math.floor(time),
      platform: person.platform,
      device_id: this.#deviceId,
      ...(known && { customer_user_id: person.customerUserId }),
      ip: person.ip,
      ...(honest && { os_version: person.osVersion, sdk_version: SDK_VERSION, device_model: person.model }),
      app_version: versionAt(installTime, time),
      country: person.country.code,
      ...more,
    })
  }
}

/** Players update within some weeks; a release comes out every six. */
function versionAt(installTime: number, time: number): string {
  const release = Math.floor(installTime / (42 * DAY)) + Math.floor((time - installTime) / (20 * DAY))
  return APP_VERSIONS[release % APP_VERSIONS.length] ?? APP_VERSIONS[0]
}
