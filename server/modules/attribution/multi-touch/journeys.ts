import { currentDecisions, exchangeRates, isHidden, rangeBounds, type TenantQuery } from '#server/query/index.ts'
import { CLOCK_TOLERANCE_MS } from '../engine/judge.ts'
import { asOf, packed, touchTime, withMoved } from './packed.ts'
import type { Level, MultiTouchInput } from './schema.ts'

/** What a journey's SQL is made from. */
export interface JourneyContext {
  query: TenantQuery
  input: MultiTouchInput
  /** IANA zone in which days begin. */
  timezone: string
  /** ISO 4217; values are in it. */
  currency: string
}

/** Touches of one path that are looked at, the latest: a bound against floods of clicks. */
export const MOST_TOUCHES = 200
/** Number of conversions that no touch precedes, in place of a channel's. */
export const ORGANIC = 0
/** Number that stands for all channels beyond the most frequent ones. */
export const OTHER = 65_534
/** Stands after the last touch in steps. */
export const END = 65_535
/** Between the parts of a channel's name. */
export const SEPARATOR = '\u001f'

const PARTS = {
  media_source: ['media_source'],
  campaign: ['media_source', 'campaign'],
  ad: ['media_source', 'campaign', 'ad'],
} as const

/** Columns that name a channel at a level. */
export const levelColumns = (level: Level): readonly ('media_source' | 'campaign' | 'ad')[] => PARTS[level]

/** The name of a row's channel: its parts with {@link SEPARATOR} between, which no part may bring along itself. */
export function channelName(level: Level): string {
  const clean = PARTS[level].map((column) => `replaceAll(toString(${column}), '\\x1f', ' ')`)
  return clean.length === 1 ? clean.join() : `concat(${clean.join(`, '\\x1f', `)})`
}

const DAY_MS = 86_400_000
/** In the place of an install's time (ms) where a touch was not named by it: nothing is dated after it. */
const NEVER = 9_000_000_000_000_000
/** 64 bits tell millions of devices apart with one chance of error in millions, at a fraction of a text's cost. */
const hash = (text: string) => `xxh3(${text})`
const trimmed = (column: string) => `trimBoth(${column}, ' \\t\\r\\n')`
const milliseconds = (column: string) => `toUnixTimestamp64Milli(${column})`

/**
 * Conditions on the touches that may stand in a path: those of the range, and of a lookback window before it.
 * @param aheadMs how long after the range a touch may be dated
 */
function touchConditions({ query, input, timezone }: JourneyContext, aheadMs = 0): string[] {
  const { start, end } = rangeBounds({ query, request: { ...input, timezone } })
  const back = query.bind('UInt32', Math.ceil(input.lookbackDays))
  return [
    `touchpoint_time >= subtractDays(${start}, ${back}) and touchpoint_time < addMilliseconds(${end}, ${aheadMs})`,
    ...(input.touches === 'clicks' ? [`touchpoint_type = 'click'`] : []),
  ]
}

/** Channels that occur among the touches, most frequent first, as a subquery with the columns `name` and `touches`. */
export function channelCounts(context: JourneyContext): string {
  const { query, input } = context
  const name = channelName(input.level)
  const columns = [...levelColumns(input.level)]
  const conditions = touchConditions(context, CLOCK_TOLERANCE_MS)
  const touches = query.table('touchpoints', columns, conditions)
  // Winners that no stored touchpoint stands behind: decisions of other products.
  const decided = query.table('decisions', columns, [`outcome = 'attributed'`, ...conditions])
  return `(select name, sum(n) as touches from (select ${name} as name, count() as n from ${touches} group by name union all select ${name} as name, 0 as n from ${decided} group by name) group by name)`
}

/** Number of a row's channel: its place among the given names, from 1; {@link OTHER} for all others. */
function channelNumber({ query, input }: JourneyContext, names: readonly string[]): string {
  const known = query.bind('Array(String)', names)
  return `transform(${channelName(input.level)}, ${known}, arrayMap(n -> toUInt16(n), arrayEnumerate(${known})), toUInt16(${OTHER}))`
}

/**
 * The devices of the app by the keys of their installs; as `installed` (ms) when the install happened that names the touch
 * itself, else {@link NEVER}. By the names of the attributor's table: `t:` click id, `a:` advertising id, `i:` idfv, `u:`
 * customer user id; network addresses name no device for certain.
 */
function deviceKeys({ query, input, timezone }: JourneyContext): string {
  const { end } = rangeBounds({ query, request: { ...input, timezone } })
  const rows = query.table(
    'keyed_installs',
    ['key', 'install_time', 'device_id', 'removed', 'written_at'],
    [`environment = 'production'`, `install_time < ${end}`, `substring(key, 1, 2) in ('t:', 'a:', 'i:', 'u:')`],
  )
  const named = `if(startsWith(key, 't:'), ${milliseconds('install_time')}, toInt64(${NEVER}))`
  const latest = `(select key, device_id, removed, ${named} as installed from ${rows} order by key, install_time, device_id, written_at desc limit 1 by key, install_time, device_id)`
  return `select ${hash('key')} as key, ${hash('device_id')} as person, installed from ${latest} where not removed`
}

/**
 * A customer who is known by an event of the conversion's name is the same person in a touch of the same customer id. Ids
 * of zeros stand for people who are not signed in, and tie nobody to anybody.
 */
function customerKeys(context: JourneyContext): string {
  const rows = conversionEvents(context, ['device_id', 'customer_user_id'])
  const id = trimmed('customer_user_id')
  return `select distinct ${hash(`concat('u:', ${id})`)} as key, ${hash('device_id')} as person, toInt64(${NEVER}) as installed from ${rows} where match(customer_user_id, '[^0\\s-]')`
}

/** Every key that ties a touch to a device. */
const knownKeys = (context: JourneyContext): string =>
  context.input.conversion === 'install'
    ? deviceKeys(context)
    : `${deviceKeys(context)} union distinct ${customerKeys(context)}`

function conversionEvents(context: JourneyContext, columns: readonly string[]): string {
  const { query, input, timezone } = context
  const { start, end } = rangeBounds({ query, request: { ...input, timezone } })
  return query.table('events', columns, [
    `event_name = ${query.bind('String', input.conversion)}`,
    `environment = 'production'`,
    `event_time >= ${start} and event_time < ${end}`,
  ])
}

/** The conversions of the range: who, when (ms), what it was worth, whether that is unknown for want of a rate. */
function conversions(context: JourneyContext): string {
  const { query, input, timezone } = context
  if (input.conversion === 'install') {
    const { start, end } = rangeBounds({ query, request: { ...input, timezone } })
    const installs = currentDecisions(
      query,
      ['install_time', 'conversion_type', 'environment'],
      [
        `environment = 'production' and conversion_type = 'install'`,
        `install_time >= ${start} and install_time < ${end}`,
      ],
    )
    return `select ${hash('device_id')} as person, ${milliseconds('install_time')} as at, toFloat64(0) as value, toUInt8(0) as state from ${installs}`
  }
  // Whoever may not see revenue gets none, whichever answer it would stand in.
  const value = isHidden('revenue', query.scope.hiddenMetrics) ? 'toFloat64(0) as value' : 'value'
  return `select person, at, ${value}, state from (${pricedEvents(context)})`
}

/** Events of the conversion's name with their value in the reporting currency at the rate of their day, by UTC as in reports. */
export function pricedEvents(context: JourneyContext): string {
  const { query, input, currency } = context
  const events = conversionEvents(context, ['device_id', 'event_time', 'revenue', 'currency'])
  const paid = `(select ${hash('device_id')} as person, ${milliseconds('event_time')} as at, toFloat64(ifNull(revenue, 0)) as amount, if(amount = 0, '', toString(currency)) as unit, toDate(event_time, 'UTC') as day from ${events})`
  const rate = `if(c.unit = ${query.bind('String', currency)}, 1, r.rate)`
  const rates = exchangeRates({ query, request: { ...input, currency } })
  return `select c.person as person, c.at as at, c.amount * ${rate} as value, c.unit as unit, toUInt8(if(c.unit = '', ${UNPAID}, if(${rate} = 0, ${UNPRICED}, ${PAID}))) as state from ${paid} as c left join ${rates} as r on r.currency = c.unit and r.day = c.day`
}

/** What is known of a conversion's value: it has none, it has one, or it has one in a currency without a rate. */
export const UNPAID = 0
export const PAID = 1
export const UNPRICED = 2

/**
 * Touches of known devices: by a shared key, by a network's claim, and winners that only the decision names. With each, as
 * `counted`, {@link asOf} when it counts.
 */
function deviceTouches(context: JourneyContext, names: readonly string[]): string[] {
  const { query, input, timezone } = context
  const channel = channelNumber(context, names)
  const columns = [
    'touchpoint_time',
    'touchpoint_id',
    'touchpoint_type',
    'advertising_id',
    'idfv',
    'customer_user_id',
    'claimed_device_id',
    ...levelColumns(input.level),
  ]
  const touch = `${packed(milliseconds('touchpoint_time'), channel, hash('touchpoint_id'))} as touch`
  const rows = query.table('touchpoints', columns, touchConditions(context, CLOCK_TOLERANCE_MS))
  const keyed = `(select ${touch}, arrayJoin(${touchKeys()}) as key from ${rows})`
  const claimed = query.table('touchpoints', columns, [...touchConditions(context), `claimed_device_id != ''`])
  const decided = unkeyedWinners(context, levelColumns(input.level))
  const wonAt = milliseconds('assumeNotNull(touchpoint_time)')
  const won = `select ${hash('device_id')} as person, ${packed(wonAt, channel, hash('touchpoint_id'))} as touch, ${asOf(wonAt, milliseconds('install_time'))} as counted from ${decided}`
  const { end } = rangeBounds({ query, request: { ...input, timezone } })
  const inRange = `counted != 0 or ${touchTime('touch')} < ${milliseconds(end)}`
  return [
    `select k.person as person, t.touch as touch, ${asOf(touchTime('t.touch'), 'k.installed')} as counted from ${keyed} as t inner join (${knownKeys(context)}) as k on k.key = t.key where ${inRange}`,
    `select ${hash(trimmed('claimed_device_id'))} as person, ${touch}, toInt64(0) as counted from ${claimed}`,
    `select person, touch, counted from (${won}) where ${inRange}`,
  ]
}

/** Current decisions whose winner the keys of their install do not explain: probable matches, and what others decided. */
function unkeyedWinners(context: JourneyContext, columns: ReturnType<typeof levelColumns> = []): string {
  return currentDecisions(
    context.query,
    [
      'outcome',
      'match_type',
      'environment',
      'install_time',
      'touchpoint_time',
      'touchpoint_id',
      'touchpoint_type',
      ...columns,
    ],
    [
      `environment = 'production' and outcome = 'attributed' and match_type not in ('install_referrer', 'click_id', 'device_id')`,
      ...touchConditions(context, CLOCK_TOLERANCE_MS),
    ],
  )
}

/** The keys of a touchpoint, in the form of `keyed_installs`. Ids of nothing but zeros are nobody's. */
function touchKeys(): string {
  const id = (letter: string, column: string) =>
    `if(match(${column}, '[^0\\s-]'), ${hash(`concat('${letter}:', lowerUTF8(${trimmed(column)}))`)}, 0)`
  const customer = `if(match(customer_user_id, '[^0\\s-]'), ${hash(`concat('u:', ${trimmed('customer_user_id')})`)}, 0)`
  return `arrayFilter(k -> k != 0, [${hash(`concat('t:', touchpoint_id)`)}, ${id('a', 'advertising_id')}, ${id('i', 'idfv')}, ${customer}])`
}

/**
 * Touches of people of whom no install is known: they never converted. Each is told from others by the first of
 * advertising id, idfv and customer user id; where there is none, a touch stands alone.
 */
function strangersTouches(context: JourneyContext, names: readonly string[]): string {
  const { query, input, timezone } = context
  const { start, end } = rangeBounds({ query, request: { ...input, timezone } })
  const columns = [
    'touchpoint_time',
    'touchpoint_id',
    'advertising_id',
    'idfv',
    'customer_user_id',
    ...levelColumns(input.level),
  ]
  const rows = query.table('touchpoints', columns, [
    `touchpoint_time >= ${start} and touchpoint_time < ${end}`,
    `claimed_device_id = ''`,
    ...(input.touches === 'clicks' ? [`touchpoint_type = 'click'`] : []),
  ])
  const known = `(select key from (${knownKeys(context)}))`
  // What won an install by another way than a key is in that device's path.
  const won = `(select ${hash('touchpoint_id')} from ${unkeyedWinners(context)})`
  const touches = `(select ${packed(milliseconds('touchpoint_time'), channelNumber(context, names), hash('touchpoint_id'))} as touch, ${touchKeys()} as keys from ${rows} where ${hash('touchpoint_id')} not in ${won})`
  // Without the click id a key names the person; it stands first, so the last of one key is the touch itself.
  return `select keys[least(2, length(keys))] as person, touch, toInt64(0) as counted from ${touches} where not (keys[1] in ${known} or keys[2] in ${known} or keys[3] in ${known} or keys[4] in ${known})`
}

/**
 * Journeys: every conversion of the range with the touches of its device in the lookback window before it, oldest first,
 * and (`withNulls`) those of people who were touched in the range and did not convert in it, up to their last touch.
 * A subquery with `path` (channel numbers), `ages` (ms from each touch to the end), `won` (1: converted), `value`, `state`
 * and `cut` (1: it had more than {@link MOST_TOUCHES} touches, of which the latest are there). A conversion that no touch
 * precedes has an empty path.
 * @param names the channels that are told apart, in the order of their numbers from 1
 */
export function journeys(context: JourneyContext, names: readonly string[], withNulls: boolean): string {
  const { query, input, timezone } = context
  const lookback = query.bind('Int64', Math.round(input.lookbackDays * DAY_MS))
  const { start } = rangeBounds({ query, request: { ...input, timezone } })
  const touches = [...deviceTouches(context, names), ...(withNulls ? [strangersTouches(context, names)] : [])]
  // `stop`: 0 for a touch, 1 for one that counts as of `value`, else a conversion's time and state.
  const rows = [
    ...touches.map(
      (sql) => `select person, touch, toUInt64(counted != 0) as stop, toFloat64(counted) as value from (${sql})`,
    ),
    `select person, toUInt128(0) as touch, toUInt64(at * 4 + state) as stop, value from (${conversions(context)})`,
  ].join(' union all ')
  const people =
    `(select groupArrayIf(touch, stop = 0) as found, groupArrayIf((touch, value), stop = 1) as moved, groupArrayIf(stop, stop > 1) as stops, groupArrayIf(value, stop > 1) as amounts` +
    ` from (${rows}) group by person${withNulls ? '' : ' having notEmpty(stops)'})`
  // A touch may be found by several keys; sorted by time and id its copies lie side by side.
  const sorted = `(select if(empty(moved), arrayCompact(arraySort(found)), ${withMoved('moved', 'found')}) as touches, stops, amounts from ${people})`
  const since = milliseconds(start)
  const last = touchTime('touches[-1]')
  const ends = withNulls
    ? `if(notEmpty(stops), arrayZip(stops, amounts), if(notEmpty(touches) and ${last} >= ${since}, [(toUInt64(${last} * 4), toFloat64(0))], []))`
    : 'arrayZip(stops, amounts)'
  const each = `(select touches, notEmpty(stops) as won, arrayJoin(${ends}) as fin from ${sorted})`
  const timed = `(select touches, won, fin.2 as value, toUInt8(fin.1 % 4) as state, toInt64(intDiv(fin.1, 4)) as stop, stop - ${lookback} as least, ${packed(`if(won, least, greatest(least, ${since}))`, '0', '0')} as since, ${packed('stop + 1', '0', '0')} as until from ${each})`
  const inside = `(select won, value, state, stop, arrayFilter(t -> t >= since and t < until, touches) as inside from ${timed})`
  const kept = `(select won, value, state, stop, length(inside) > ${MOST_TOUCHES} as cut, arraySlice(inside, -${MOST_TOUCHES}) as kept from ${inside})`
  return `(select arrayMap(t -> toUInt16(bitAnd(toUInt64(bitShiftRight(t, 64)), 65535)), kept) as path, arrayMap(t -> stop - ${touchTime('t')}, kept) as ages, toUInt8(won) as won, value, state, cut from ${kept})`
}
