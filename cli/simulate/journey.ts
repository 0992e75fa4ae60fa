import { type Campaign, FRAUD_SITES } from './campaigns.ts'
import { type Detoured, takeDetour } from './detours.ts'
import { disguise, FRAUD_CAMPAIGNS, type FraudKind, possibleKinds } from './fraud.ts'
import { type Person, person, STREAM } from './people.ts'
import { Random } from './random.ts'
import type { TouchpointRow } from './rows.ts'
import { campaignFor, touch } from './touch.ts'
import type { World } from './world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const CLICK_WINDOW = 7 * DAY
const VIEW_WINDOW = DAY

/** How an install came about. */
export interface Journey extends Detoured {
  person: Person
  installTime: number
  cause: 'click' | 'view' | 'organic'
  /** The touchpoint that really caused it. */
  earnedBy: TouchpointRow | null
  /** The touchpoint that the install names, in the referrer or as click id. */
  named: TouchpointRow | null
  namedBy: readonly ('install_referrer' | 'click_id')[]
  /** When the download began, for Android's referrer. */
  installBeginTime: number
  /** Everything the person saw and clicked around the install, in no particular order. */
  touchpoints: TouchpointRow[]
  /** The campaign that brought the person; null for organic. */
  campaign: Campaign | null
  fraud: FraudKind | null
}

type Draft = Omit<Journey, 'fraud' | keyof Detoured>

/** The journey to install number `index`; always the same for the same world. */
export function journey(world: World, index: number): Journey {
  const { options, times, who, reinstallOf, silentFrom } = world
  const installTime = times[index] ?? 0
  const somebody = person(options, who[index] ?? 0)
  const original = reinstallOf[index] ?? -1
  const r = new Random(options.seed, STREAM.journey, index)

  const once = original === -1 && silentFrom[index] === Number.POSITIVE_INFINITY
  const dice = new Random(options.seed, STREAM.fraud, index)
  const fraud = once && dice.chance(options.fraud) ? dice.pick(possibleKinds(somebody)) : null
  const draft =
    fraud === null ? honest(world, r, somebody, installTime) : fraudulent(world, r, somebody, installTime, fraud)

  // What a person touched before an earlier install belongs to that one: by its device ids it would match both.
  const from = original === -1 ? Number.NEGATIVE_INFINITY : (times[original] ?? 0) + DAY
  const touchpoints = draft.touchpoints.filter(({ touchpoint_time: time }) => time >= from && time < world.end)
  return takeDetour(world, index, { ...draft, touchpoints, fraud })
}

/**
 * Milliseconds from click to install: three quarters within the first hour, 94 % within a day (the field's normal), and
 * never beyond the click window.
 */
function clickToInstall(r: Random, slowness: number): number {
  for (;;) {
    const time = r.chance(0.72)
      ? 25 * SECOND + r.logNormal(4 * MINUTE, 1) * slowness
      : 25 * SECOND + r.logNormal(6.8 * HOUR, 1.6) * slowness
    if (time < CLICK_WINDOW - MINUTE) return Math.floor(time)
  }
}

/** Weighs campaigns by how much their ads are seen rather than clicked; some are only clicked. */
const viewed = ({ viewShare }: Campaign): number => viewShare

function viewToInstall(r: Random): number {
  for (;;) {
    const time = MINUTE + r.logNormal(3 * HOUR, 1.3)
    if (time < VIEW_WINDOW - MINUTE) return Math.floor(time)
  }
}

function honest(world: World, r: Random, somebody: Person, installTime: number): Draft {
  const campaign = campaignFor(r, somebody)
  if (r.chance(world.options.organic)) return organic(world, r, somebody, installTime)
  // Nothing but its address ties a view to the install of somebody without ids; by default such people are clickers.
  const views = somebody.findable ? campaign.viewShare : world.options.blindViews
  return views > 0 && r.chance(views)
    ? byView(world, r, somebody, installTime, campaign)
    : byClick(world, r, somebody, installTime, campaign)
}

/** Nobody's merit: at most touches too old to count, or later than the install. */
function organic(world: World, r: Random, somebody: Person, installTime: number): Draft {
  const touchpoints = [...tooOld(world, r, somebody, installTime, 0.12), ...afterwards(world, r, somebody, installTime)]
  if (r.chance(0.08)) {
    const time = installTime - r.between(VIEW_WINDOW + HOUR, 6 * DAY)
    touchpoints.push(touch(world.options, r, somebody, campaignFor(r, somebody, viewed), 'view', time))
  }
  return {
    person: somebody,
    installTime,
    cause: 'organic',
    earnedBy: null,
    named: null,
    namedBy: [],
    installBeginTime: installTime - Math.floor(r.between(25, 150) * SECOND),
    touchpoints,
    campaign: null,
  }
}

function byView(world: World, r: Random, somebody: Person, installTime: number, campaign: Campaign): Draft {
  const { options } = world
  const seenAt = installTime - viewToInstall(r)
  const earnedBy = touch(options, r, somebody, campaign, 'view', seenAt)
  const touchpoints = [earnedBy, ...tooOld(world, r, somebody, installTime, 0.15)]
  for (let more = r.count(0.6); more > 0; more--) {
    const time = seenAt - r.between(MINUTE, 2 * DAY)
    touchpoints.push(touch(options, r, somebody, campaignFor(r, somebody, viewed), 'view', time))
  }
  touchpoints.push(...afterwards(world, r, somebody, installTime))
  const installBeginTime = installTime - Math.floor(r.between(25, 55) * SECOND)
  return {
    person: somebody,
    installTime,
    cause: 'view',
    earnedBy,
    named: null,
    namedBy: [],
    installBeginTime,
    touchpoints,
    campaign,
  }
}

function byClick(world: World, r: Random, somebody: Person, installTime: number, campaign: Campaign): Draft {
  const { options } = world
  const clickedAt = installTime - clickToInstall(r, campaign.slowness)
  const earnedBy = touch(options, r, somebody, campaign, 'click', clickedAt)
  const touchpoints = [earnedBy, ...tooOld(world, r, somebody, installTime, 0.05)]
  for (let more = r.count(0.5); more > 0; more--) {
    const time = clickedAt - MINUTE - r.logNormal(8 * HOUR, 1.5)
    if (time > installTime - 20 * DAY) {
      touchpoints.push(touch(options, r, somebody, campaignFor(r, somebody), 'click', time))
    }
  }
  for (let more = r.count(0.4); more > 0; more--) {
    const time = installTime - r.between(MINUTE, 3 * DAY)
    touchpoints.push(
      touch(
        options,
        r,
        somebody,
        campaignFor(r, somebody, (one) => one.viewShare),
        'view',
        time,
      ),
    )
  }
  touchpoints.push(...afterwards(world, r, somebody, installTime))

  const namedBy = carriers(r, somebody)
  const installBeginTime =
    installTime - Math.floor(Math.min(r.between(25, 150) * SECOND, (installTime - clickedAt) * 0.8))
  // A later click found by device id loses to the click that the install names.
  if (namedBy.length > 0 && somebody.findable && installBeginTime - clickedAt > 3 * MINUTE && r.chance(0.06)) {
    const time = r.between(clickedAt + MINUTE, installBeginTime - MINUTE)
    touchpoints.push(touch(options, r, somebody, campaignFor(r, somebody), 'click', time))
  }
  const named = namedBy.length > 0 ? earnedBy : null
  return {
    person: somebody,
    installTime,
    cause: 'click',
    earnedBy,
    named,
    namedBy,
    installBeginTime,
    touchpoints,
    campaign,
  }
}

/**
 * How the click's id reaches the install. Android: nearly always by the store's referrer. iOS: by a deep link, or only
 * by device id; some iPhones carry nothing at all, and only probabilistic matching could find their click.
 */
function carriers(r: Random, { platform, findable }: Person): Draft['namedBy'] {
  const dice = r.unit()
  if (platform === 'android') {
    if (dice < 0.83) return ['install_referrer']
    if (dice < 0.88) return ['install_referrer', 'click_id']
    return dice < 0.95 || !findable ? ['click_id'] : []
  }
  return dice < (findable ? 0.5 : 0.75) ? ['click_id'] : []
}

/** Now and then a click beyond the window, which must not win. */
function tooOld(world: World, r: Random, somebody: Person, installTime: number, probability: number): TouchpointRow[] {
  if (!r.chance(probability)) return []
  const time = installTime - r.between(CLICK_WINDOW + HOUR, 20 * DAY)
  return [touch(world.options, r, somebody, campaignFor(r, somebody), 'click', time)]
}

/** Now and then an ad reaches somebody who has just installed. */
function afterwards(world: World, r: Random, somebody: Person, installTime: number): TouchpointRow[] {
  if (!r.chance(0.04)) return []
  const time = installTime + r.between(MINUTE, 20 * HOUR)
  return r.chance(0.5)
    ? [touch(world.options, r, somebody, campaignFor(r, somebody), 'click', time)]
    : [touch(world.options, r, somebody, campaignFor(r, somebody, viewed), 'view', time)]
}

function fraudulent(world: World, r: Random, somebody: Person, installTime: number, kind: FraudKind): Draft {
  const { options } = world
  const campaign = r.weighted(FRAUD_CAMPAIGNS, ({ weight }) => weight)
  const site = FRAUD_SITES[campaign.campaign]
  const shown = disguise(somebody, kind, r)
  const fakeClick = (time: number) => touch(options, r, shown, campaign, 'click', time, site)

  if (kind === 'click_flooding') {
    const draft = organic(world, r, shown, installTime)
    const clicks = Array.from({ length: 5 + r.below(11) }, () =>
      fakeClick(installTime - r.between(MINUTE, CLICK_WINDOW)),
    )
    return { ...draft, touchpoints: [...draft.touchpoints, ...clicks] }
  }
  if (kind === 'click_injection') {
    const draft = organic(world, r, shown, installTime)
    const injected = fakeClick(installTime - r.between(2, 9) * SECOND)
    const touchpoints = [...draft.touchpoints, injected]
    return { ...draft, named: injected, namedBy: ['install_referrer'], touchpoints }
  }
  if (kind === 'hyper_engagement') {
    const honestClick = touch(
      options,
      r,
      shown,
      campaignFor(r, shown),
      'click',
      installTime - r.between(2.5, 30) * HOUR,
    )
    const clicks = Array.from({ length: 15 + r.below(26) }, () => fakeClick(installTime - r.between(1, 120) * MINUTE))
    const draft = organic(world, r, shown, installTime)
    return { ...draft, cause: 'click', earnedBy: honestClick, campaign: null, touchpoints: [honestClick, ...clicks] }
  }
  const wait = { device_farm: r.between(30, 45) * SECOND, bots: r.between(1, 4) * SECOND }
  const click = fakeClick(
    installTime - Math.floor(kind === 'device_farm' || kind === 'bots' ? wait[kind] : clickToInstall(r, 0.6)),
  )
  return {
    person: shown,
    installTime,
    cause: 'click',
    earnedBy: click,
    named: click,
    namedBy: shown.platform === 'android' ? ['install_referrer'] : ['click_id'],
    installBeginTime: Math.ceil(click.touchpoint_time + (installTime - click.touchpoint_time) * 0.3),
    touchpoints: [click],
    campaign,
  }
}
