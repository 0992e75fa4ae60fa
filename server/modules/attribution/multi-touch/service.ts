import { type Clock, systemClock } from '#server/platform/clock.ts'
import { dayInZone } from '#server/platform/days.ts'
import { AppError } from '#server/platform/errors.ts'
import { isHidden, type QueryOrigin, runReport, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { type Credit, type DataDrivenModel, TOUCH_MODELS } from '../models/index.ts'
import { figures, inOrder, type MultiTouchMissing, type MultiTouchRow } from './answer.ts'
import { checkedPatterns, drivenCredits } from './driven.ts'
import { type JourneyContext, levelColumns, ORGANIC, SEPARATOR } from './journeys.ts'
import { missingCost, missingValue, totalCost } from './missing.ts'
import { named, type Place, place } from './place.ts'
import type { MultiTouchInput } from './schema.ts'
import {
  findChannels,
  isKnownEvent,
  readPatterns,
  readStatistics,
  readTouchSums,
  readUnpriced,
  type TouchSums,
} from './sums.ts'
import { type Turns, turns } from './turns.ts'

/** Whose paths they are: everything that comes from session or key and app, never from input. */
export interface MultiTouchSubject {
  /** Narrowed to the app. */
  scope: TenantScope
  /** IANA zone of the app. */
  timezone: string
  /** ISO 4217; the organization's reporting currency. */
  currency: string
}

/**
 * @throws AppError forbidden where the access does not reach all of the app's media sources, or not its conversions: shares
 *   of a part of the touches would look like shares of all
 */
function contextOf(subject: MultiTouchSubject, input: MultiTouchInput): JourneyContext {
  const { scope, currency } = subject
  if (scope.mediaSources !== null) {
    throw new AppError('forbidden', 'Multi-touch models compare all media sources; your access includes some of them.')
  }
  if (isHidden(input.conversion === 'install' ? 'installs' : 'events', scope.hiddenMetrics)) {
    throw new AppError('forbidden', 'Your access does not include these conversions.')
  }
  return { query: new TenantQuery(scope), input, timezone: input.timezone ?? subject.timezone, currency }
}

/** The same question for another statement. */
const again = (context: JourneyContext): JourneyContext => ({ ...context, query: new TenantQuery(context.query.scope) })

/** Imported costs of the range by channel name. */
async function readCosts(context: JourneyContext, origin: QueryOrigin, clock: Clock) {
  const { input, timezone, currency, query } = context
  if (isHidden('cost', query.scope.hiddenMetrics)) return null
  const dimensions = levelColumns(input.level)
  const result = await runReport(
    new TenantQuery(query.scope),
    {
      ...{ from: input.from, to: input.to, timezone, currency, today: dayInZone(clock.now(), timezone) },
      ...{ metrics: ['cost'], dimensions, filters: [], orderBy: [], limit: 50_000 },
    },
    origin,
  )
  const costs = new Map<string, number>()
  for (const row of result.rows) {
    const name = dimensions.map((dimension) => row[dimension] ?? '').join(SEPARATOR)
    if (typeof row.cost === 'number') costs.set(name, row.cost)
  }
  return { costs, gaps: result.gaps }
}

/** Costs of the channels that are not known by name, together; null where there are none. */
function restOf(costs: ReadonlyMap<string, number> | undefined, known: ReadonlySet<string>): number | null {
  const others = [...(costs ?? [])].filter(([name]) => !known.has(name))
  return others.length === 0 ? null : others.reduce((sum, [, cost]) => sum + cost, 0)
}

/** The answer of the models by place. */
export interface TouchModelsAnswer {
  rows: MultiTouchRow[]
  totals: {
    conversions: number
    /** Conversions that at least one touch precedes. */
    withTouch: number
    value: number | null
    cost: number | null
    /** Over the conversions with a touch. */
    roas: number | null
    costPerConversion: number | null
  }
  meta: {
    currency: string
    timezone: string
    from: string
    to: string
    missing: MultiTouchMissing[]
    /** Conversions with more touches than are looked at; their latest count. */
    cut: number
    /** Whether rare channels stand together as `other`. */
    grouped: boolean
  }
}

/**
 * First touch, last touch, linear, time decay and position based, side by side by channel, with costs. In every model the
 * rows add up to all conversions of the range and their value.
 * @throws AppError forbidden, not_found (the app never had such an event), invalid (too much to read) or unavailable
 */
export async function touchModels(
  subject: MultiTouchSubject,
  input: MultiTouchInput,
  origin: QueryOrigin,
  clock: Clock = systemClock,
): Promise<TouchModelsAnswer> {
  const context = contextOf(subject, input)
  const [channels, spent] = await Promise.all([findChannels(context, origin), readCosts(context, origin, clock)])
  const sums = await readTouchSums(again(context), channels.names, origin)
  const total = (of: keyof TouchSums) => sums.reduce((sum, row) => sum + row[of], 0)
  if (total('last_touch') === 0 && input.conversion !== 'install' && !(await isKnownEvent(again(context), origin))) {
    const message = `This app has no event named ${JSON.stringify(input.conversion)} yet. Check the spelling; upper and lower case differ.`
    throw new AppError('not_found', message, { field: 'conversion' })
  }
  const unpriced = total('unpriced') > 0 ? await readUnpriced(again(context), origin) : []
  const missing = missingValue(context, total('paid'), unpriced)
  const valued = missing.length === 0
  const known = new Set(channels.names)
  const rows = sums.map((sum): MultiTouchRow => {
    const at = place(sum.channel, channels.names, input)
    const own = at.kind === 'channel' ? spent?.costs.get(at.key.slice(1)) : undefined
    const cost = own ?? (at.kind === 'other' ? restOf(spent?.costs, known) : null)
    const credit = (model: (typeof TOUCH_MODELS)[number]) => ({ conversions: sum[model], value: sum[`${model}_value`] })
    const models = Object.fromEntries(TOUCH_MODELS.map((model) => [model, figures(credit(model), cost, valued)]))
    return { ...at, cost, models }
  })
  const shown = new Set(rows.map(({ key }) => key))
  // What the table does not tell apart has its cost, as its credit, under all others.
  const together = rows.some(({ kind }) => kind === 'other')
  const none = { conversions: 0, value: 0 }
  for (const [name, cost] of spent?.costs ?? []) {
    const at = named(name, input)
    if (shown.has(at.key) || (together && !known.has(name))) continue
    const models = Object.fromEntries(TOUCH_MODELS.map((model) => [model, figures(none, cost, valued)]))
    rows.push({ ...at, cost, models })
  }
  missing.push(...missingCost(rows, spent?.gaps ?? null))
  const cost = totalCost(rows, spent?.gaps ?? null)
  const organic = sums.find(({ channel }) => channel === ORGANIC)
  const conversions = total('last_touch')
  const value = total('last_touch_value')
  // What came without a touch is nobody's return, so costs stand against the touched part alone.
  const touched = {
    conversions: conversions - (organic?.last_touch ?? 0),
    value: value - (organic?.last_touch_value ?? 0),
  }
  const { roas, costPerConversion } = figures(touched, cost, valued)
  return {
    rows: inOrder(rows),
    totals: {
      ...{ conversions, withTouch: touched.conversions, value: valued ? value : null, cost },
      ...{ roas, costPerConversion },
    },
    meta: {
      ...{ currency: context.currency, timezone: context.timezone, from: input.from, to: input.to },
      ...{ missing, cut: total('cut'), grouped: channels.more },
    },
  }
}

/** The answer of the models that learn from all paths. */
export interface DataDrivenAnswer {
  /** By the keys of the other answer's rows. */
  rows: { key: string; credits: Partial<Record<DataDrivenModel, Credit>> }[]
  /** Journeys that never converted, of known devices and of strangers. */
  nulls: number
  missing: MultiTouchMissing[]
}

/**
 * Markov's removal effects, with and without the journeys that never converted, and Shapley's value. The store counts steps
 * and sets, the pure models solve them. Conversions without a touch stay organic's.
 * @param computing where the solving takes its turns; others than the process's own remember nothing of it
 * @throws AppError forbidden, invalid (too much to read) or unavailable (also: too much is being computed)
 */
export async function dataDrivenModels(
  subject: MultiTouchSubject,
  input: MultiTouchInput,
  origin: QueryOrigin,
  computing: Turns = turns,
): Promise<DataDrivenAnswer> {
  const context = contextOf(subject, input)
  const { names } = await findChannels(context, origin)
  const found = await readPatterns(again(context), names, origin)
  // Seconds at the worst: in turns with what else the process answers, and once for all who ask about the same paths.
  const { rows: patterns, digest } = await computing.run(checkedPatterns(found), origin.signal)
  const key = [subject.scope.orgId, input.markovOrder, digest].join(' ')
  const solve = () => drivenCredits(patterns, input.markovOrder)
  const { models, organic, nulls, missing } = await computing.share(key, solve, origin.signal)
  const rows = new Map<string, DataDrivenAnswer['rows'][number]>()
  for (const [model, credits] of models) {
    const own = new Map(credits)
    if (organic.conversions > 0) own.set(String(ORGANIC), organic)
    for (const [channel, credit] of own) {
      const { key } = place(Number(channel), names, input)
      const row = rows.get(key) ?? { key, credits: {} }
      row.credits[model] = credit
      rows.set(key, row)
    }
  }
  return { rows: [...rows.values()], nulls, missing }
}

/** What the paths look like. */
export interface PathStatistics {
  /** Most frequent first: by conversions, then by journeys without one. */
  paths: { channels: Place[]; conversions: number; nulls: number; value: number }[]
  /** Journeys by number of touches; the last entry stands for all longer ones. */
  lengths: { touches: number; conversions: number; nulls: number }[]
  /** Conversions by whole days since their first touch; the last entry stands for all later ones. */
  days: { days: number; conversions: number }[]
}

/**
 * The most frequent paths, and how long journeys are in touches and days.
 * @throws AppError forbidden, invalid (too much to read) or unavailable
 */
export async function pathStatistics(
  subject: MultiTouchSubject,
  input: MultiTouchInput,
  origin: QueryOrigin,
): Promise<PathStatistics> {
  const context = contextOf(subject, input)
  const { names } = await findChannels(context, origin)
  const found = await readStatistics(again(context), names, origin)
  const of = (kind: (typeof found)[number]['kind']) => found.filter((row) => row.kind === kind)
  const counted = (kind: 'length' | 'days') =>
    of(kind)
      .map(({ code, conversions, nulls }) => ({ at: Number(code), conversions, nulls }))
      .sort((a, b) => a.at - b.at)
  return {
    paths: of('path').map(({ path, conversions, nulls, value }) => ({
      channels: path.map((channel) => place(channel, names, input)),
      ...{ conversions, nulls, value },
    })),
    lengths: counted('length').map(({ at, conversions, nulls }) => ({ touches: at, conversions, nulls })),
    days: counted('days').map(({ at, conversions }) => ({ days: at, conversions })),
  }
}
