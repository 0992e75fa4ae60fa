import { ANDROID_BUILD, COUNTRIES, type Country, DEVICES, HOUR_WEIGHTS } from './catalogue.ts'
import type { SimulationOptions } from './options.ts'
import { Random } from './random.ts'
import type { Platform } from './rows.ts'

const HOUR = 3_600_000
const HOURS = HOUR_WEIGHTS.map((_, hour) => hour)

/** What a device reports when its owner opted out of tracking. It must never match anything. */
export const NO_ID = '00000000-0000-0000-0000-000000000000'

/** Kinds of random streams, so that no two things share one. */
export const STREAM = {
  person: 1,
  times: 2,
  plan: 3,
  journey: 4,
  device: 5,
  fraud: 6,
  day: 7,
  waste: 8,
  spender: 9,
  detour: 10,
} as const

/** Somebody with a phone, player or not. */
export interface Person {
  platform: Platform
  country: Country
  /** What the app's SDK can read; all zeros after opting out on Android. */
  advertisingId?: string
  idfv?: string
  /** What ad networks know about the device; their touchpoints carry it. */
  networkIds: { advertising_id?: string; idfv?: string }
  /** Whether a touchpoint of this person and an install of this person share a device id. */
  findable: boolean
  ip: string
  userAgent: string
  osVersion: string
  model: string
  customerUserId: string
}

/**
 * Person number `who` of the simulation: always the same for the same options. About 92 % of Android devices have an
 * advertising id; 35 % of iPhones allow tracking, and some of the others are known to a network by the vendor's id.
 */
export function person(options: SimulationOptions, who: number): Person {
  const r = new Random(options.seed, STREAM.person, who)
  const platform = options.platform === 'both' ? (r.chance(0.6) ? 'android' : 'ios') : options.platform
  const country = r.weighted(COUNTRIES, ({ weight }) => weight)
  const device = r.popular(DEVICES[platform])
  const osVersion = r.pick(device.os)
  const ids = platform === 'android' ? androidIds(r) : iosIds(r)
  return {
    platform,
    country,
    ...ids,
    ip: address(options, who, r),
    userAgent: userAgent(platform, device.model, osVersion),
    osVersion,
    model: device.model,
    customerUserId: `user-${r.uuid().slice(0, 13)}`,
  }
}

type Ids = Pick<Person, 'advertisingId' | 'idfv' | 'networkIds' | 'findable'>

function androidIds(r: Random): Ids {
  const findable = r.chance(0.92)
  const advertisingId = findable ? r.uuid() : NO_ID
  return { advertisingId, networkIds: { advertising_id: advertisingId }, findable }
}

function iosIds(r: Random): Ids {
  const idfv = r.uuid().toUpperCase()
  if (r.chance(0.35)) {
    const advertisingId = r.uuid().toUpperCase()
    // Networks report the same id in either case.
    const reported = r.chance(0.5) ? advertisingId : advertisingId.toLowerCase()
    return { advertisingId, idfv, networkIds: { advertising_id: reported }, findable: true }
  }
  const crossPromoted = r.chance(0.15)
  return { idfv, networkIds: crossPromoted ? { idfv } : {}, findable: crossPromoted }
}

/** About two of an install's touchpoints are its own person's; a third of the others are by somebody who had one already. */
const OWN_TOUCHPOINTS = 2
const PEOPLE_PER_WASTED = 0.75

/** About how many people a simulation has, players and others. */
function populationOf({ installs, touchpointsPerInstall }: SimulationOptions): number {
  return installs * (1 + PEOPLE_PER_WASTED * Math.max(0, touchpointsPerInstall - OWN_TOUCHPOINTS))
}

/** An own address (from 10.0.0.0/8) for most, one of the shared addresses (100.64.0.0/10) for the share behind NAT. */
function address(options: SimulationOptions, who: number, r: Random): string {
  if (!r.chance(options.nat)) return dotted(10 * 2 ** 24, who + 1, 24)
  const groups = Math.max(1, Math.ceil((populationOf(options) * options.nat) / options.natSize))
  return dotted(100 * 2 ** 24 + 64 * 2 ** 16, r.below(groups), 22)
}

function dotted(network: number, host: number, bits: number): string {
  // An odd factor scatters consecutive numbers over the network without two of them meeting.
  const scattered = (Math.imul(host, 0x9e3779b1) >>> 0) % 2 ** bits
  const ip = network + scattered
  return [24, 16, 8, 0].map((shift) => Math.floor(ip / 2 ** shift) % 256).join('.')
}

function userAgent(platform: Platform, model: string, os: string): string {
  return platform === 'android'
    ? `Mozilla/5.0 (Linux; Android ${os}; ${model} Build/${ANDROID_BUILD[os]}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36`
    : `Mozilla/5.0 (iPhone; CPU iPhone OS ${os.replace('.', '_')} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148`
}

/** A time of day in milliseconds after 00:00 UTC, likelier when people of that country use their phones. */
export function timeOfDay(r: Random, country: Country): number {
  const localHour = r.weighted(HOURS, (hour) => HOUR_WEIGHTS[hour] ?? 0)
  const hour = (localHour - country.utcOffsetHours + 24) % 24
  return Math.floor((hour + r.unit()) * HOUR)
}

/** The SDK's install id of install number `index`. */
export function deviceId(seed: number, index: number): string {
  return new Random(seed, STREAM.device, index).uuid()
}
