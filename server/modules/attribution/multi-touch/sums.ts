import { z } from 'zod'
import type { QueryOrigin } from '#server/query/index.ts'
import type { TouchModel } from '../models/index.ts'
import {
  channelCounts,
  END,
  type JourneyContext,
  journeys,
  MOST_TOUCHES,
  PAID,
  pricedEvents,
  UNPRICED,
} from './journeys.ts'

/** Channels that are told apart; more would make a table nobody reads. */
export const MOST_CHANNELS = 400
/** Different steps that the Markov models take: about as many as a page's answer may be read from. */
export const MOST_STEPS = 60_000
/** Rows about sets there can be: of each channel and number of channels, and one for no touch at all. */
const MOST_SETS = (MOST_CHANNELS + 1) * MOST_TOUCHES + 1
const TOP_PATHS = 25

/** The channels of the range by number from 1, most frequent first; and whether there are more. */
export async function findChannels(context: JourneyContext, origin: QueryOrigin) {
  const { query } = context
  const sql = `select name from ${channelCounts(context)} order by touches desc, name limit ${MOST_CHANNELS + 1}`
  const found = await query.rows(sql, z.object({ name: z.string() }), origin)
  return { names: found.slice(0, MOST_CHANNELS).map(({ name }) => name), more: found.length > MOST_CHANNELS }
}

/** What the models by place give a channel, and what stands behind it. */
const touchSums = z.object({
  channel: z.number(),
  first_touch: z.number(),
  last_touch: z.number(),
  linear: z.number(),
  time_decay: z.number(),
  position_based: z.number(),
  first_touch_value: z.number(),
  last_touch_value: z.number(),
  linear_value: z.number(),
  time_decay_value: z.number(),
  position_based_value: z.number(),
  paid: z.number(),
  unpriced: z.number(),
  cut: z.number(),
})
export type TouchSums = z.output<typeof touchSums>

/**
 * The statement that computes every model by place in one pass over journeys: a row per channel number, of which 0 holds
 * the conversions without a touch. Definitions as in the pure models.
 * @param from a subquery of journeys
 */
export function touchModelsSql({ query, input }: Pick<JourneyContext, 'query' | 'input'>, from: string): string {
  const number = (value: number) => `toFloat64(${query.bind('String', String(value))})`
  const { first, middle, last } = input.positionWeights
  const halfLife = number(input.halfLifeDays * 86_400_000)
  const weights: Record<TouchModel, string> = {
    first_touch: 'toFloat64(place <= 1)',
    last_touch: 'toFloat64(place = n)',
    linear: '1 / greatest(n, 1)',
    time_decay: 'if(n = 0, 1, weight / total)',
    position_based: `multiIf(n <= 2, 1 / greatest(n, 1), place = 1, ${number(first)}, place = n, ${number(last)}, ${number(middle)} / (n - 2))`,
  }
  const figures = Object.entries(weights).flatMap(([model, share]) => [
    `sum(${share}) as ${model}`,
    `sum(value * (${share})) as ${model}_value`,
  ])
  const decaying = `arrayMap(age -> exp2(-(age - ages[-1]) / ${halfLife}), ages)`
  const journey = `(select path, value, state, cut, length(path) as n, ${decaying} as weights, arraySum(weights) as total from ${from} where won = 1)`
  const touched = `(select value, state, cut, n, total, channel, place, weight from ${journey} left array join path as channel, arrayEnumerate(path) as place, weights as weight)`
  const last1 = 'place = n'
  return (
    `select channel, ${figures.join(', ')}, toFloat64(countIf(${last1} and state = ${PAID})) as paid,` +
    ` toFloat64(countIf(${last1} and state = ${UNPRICED})) as unpriced, toFloat64(countIf(${last1} and cut)) as cut from ${touched} group by channel`
  )
}

/** Every model by place, computed by the engine of the store in one pass. */
export function readTouchSums(context: JourneyContext, names: readonly string[], origin: QueryOrigin) {
  const sql = touchModelsSql(context, journeys(context, names, false))
  return context.query.rows(sql, touchSums, origin)
}

/** Stands in the place of the oldest touch where a row is about a set of channels. */
export const MARK = 65_533

/**
 * The statement that counts what Markov and Shapley need, in one pass: steps (the last touches before and the next), and
 * under a mark how many journeys that converted touched a channel among how many distinct ones (0: no touch at all).
 * Sets come first, then the steps from the start; of the others there may be more than are read.
 * @param from a subquery of journeys, those that did not convert among them
 */
export function patternsSql(order: 1 | 2 | 3, from: string): string {
  const before = ['arrayPushFront(path, 0)', 'arrayPushFront(p1, 0)', 'arrayPushFront(p2, 0)']
  const shifted = before.map((sql, at) => `arrayResize(${sql}, length(path) + 1) as p${at + 1}`)
  const word = (name: string, bits: number) => `bitShiftLeft(toUInt64(${name}), ${bits})`
  const history = [order >= 3 ? word('c', 48) : '0', order >= 2 ? word('b', 32) : '0', word('a', 16)]
  const step = `bitOr(bitOr(${history[0]}, ${history[1]}), bitOr(${history[2]}, toUInt64(x)))`
  const steps = `arrayMap((c, b, a, x) -> ${step}, p3, p2, p1, arrayPushBack(path, ${END}))`
  const sets = `if(won = 1, arrayMap(x -> bitOr(bitOr(${word(String(MARK), 48)}, ${word('size', 16)}), toUInt64(x)), if(size = 0, [toUInt16(0)], distinct)), [])`
  const codes = `(select won, value, arrayJoin(arrayConcat(if(size = 0, [], ${steps}), ${sets})) as code from (select won, value, path, ${shifted.join(', ')}, arrayDistinct(path) as distinct, length(distinct) as size from ${from}))`
  const sums = `(select code, toFloat64(sum(won)) as conversions, toFloat64(count()) - conversions as nulls, sum(value) as value from ${codes} group by code)`
  const part = (bits: number) => `bitAnd(bitShiftRight(code, ${bits}), 65535)`
  return `select toUInt16(${part(48)}) as oldest, toUInt16(${part(32)}) as older, toUInt16(${part(16)}) as newest, toUInt16(${part(0)}) as next, conversions, nulls, value from ${sums} order by oldest = ${MARK} desc, code limit ${MOST_SETS + MOST_STEPS + 1}`
}

/** Rows of {@link patternsSql}, not looked at yet: there may be so many that it is done in turns, by `checkedPatterns`. */
export function readPatterns(
  context: JourneyContext,
  names: readonly string[],
  origin: QueryOrigin,
): Promise<unknown[]> {
  const { query, input } = context
  return query.rows(patternsSql(input.markovOrder, journeys(context, names, true)), z.unknown(), origin)
}

/** Whether the app ever had an event of the conversion's name, in whatever environment. */
export async function isKnownEvent({ query, input }: JourneyContext, origin: QueryOrigin): Promise<boolean> {
  const events = query.table('events', ['event_name'], [`event_name = ${query.bind('String', input.conversion)}`])
  return (await query.rows(`select 1 as found from ${events} limit 1`, z.unknown(), origin)).length > 0
}

/** Currencies without a rate among the conversions' amounts. */
export async function readUnpriced(context: JourneyContext, origin: QueryOrigin): Promise<string[]> {
  const sql = `select distinct unit from (${pricedEvents(context)}) where state = ${UNPRICED} order by unit`
  const found = await context.query.rows(sql, z.object({ unit: z.string() }), origin)
  return found.map(({ unit }) => unit)
}

const statisticsRow = z.object({
  kind: z.enum(['path', 'length', 'days', 'cut']),
  code: z.string(),
  path: z.array(z.number()),
  conversions: z.number(),
  nulls: z.number(),
  value: z.number(),
})
export type StatisticsRow = z.output<typeof statisticsRow>

/** Lengths beyond stand together, as do days. */
export const LONGEST_SHOWN = 20
export const DAYS_SHOWN = 31

/** The most frequent paths, journeys by number of touches, and conversions by days since their first touch; in one pass. */
export function readStatistics(context: JourneyContext, names: readonly string[], origin: QueryOrigin) {
  const from = journeys(context, names, true)
  const age = `if(won = 1 and n > 0, least(intDiv(ages[1], 86400000), ${DAYS_SHOWN}), -1)`
  const facts = `arrayJoin(arrayFilter(f -> f.1 > 0, [if(n > 0, (1, toInt64(cityHash64(path))), (0, 0)), (2, toInt64(least(n, ${LONGEST_SHOWN}))), if(${age} >= 0, (3, toInt64(${age})), (0, 0)), if(cut, (4, 1), (0, 0))])) as fact`
  const rows = `(select path, won, value, fact.1 as kind, fact.2 as code from (select path, won, value, length(path) as n, ${facts} from ${from}))`
  const sums = `(select kind, code, if(kind = 1, any(path), []) as shown, toFloat64(sum(won)) as conversions, toFloat64(count()) - conversions as nulls, sum(value) as value from ${rows} group by kind, code)`
  const sql = `select transform(kind, [1, 2, 3, 4], ['path', 'length', 'days', 'cut'], '') as kind, toString(code) as code, shown as path, conversions, nulls, value from ${sums} order by kind, conversions desc, nulls desc limit ${Math.max(TOP_PATHS, LONGEST_SHOWN + 1, DAYS_SHOWN + 1)} by kind`
  return context.query.rows(sql, statisticsRow, origin)
}
