import { type Clock, systemClock } from '#server/platform/clock.ts'
import { addDays, dayInZone, daysBetween, listDays } from '#server/platform/days.ts'
import { AppError } from '#server/platform/errors.ts'
import {
  DIMENSIONS,
  type Dimension,
  dimensionValues,
  isHidden,
  METRICS,
  type Metric,
  type QueryOrigin,
  type ReportRequest,
  type ReportResult,
  type ReportRow,
  runReport,
  TenantQuery,
} from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { type Missing, missingOf } from './missing.ts'
import type { ReportInput } from './schema.ts'

/** Whose report it is: everything that comes from session or key and app, never from input. */
export interface ReportSubject {
  /** Narrowed to the app. */
  scope: TenantScope
  /** IANA zone of the app. */
  timezone: string
  /** ISO 4217; the organization's reporting currency. */
  currency: string
}

export interface ReportMeta {
  currency: string
  timezone: string
  from: string
  to: string
  /** Figures that are null because they cannot be known, and why. */
  missing: Missing[]
  /** First day of the range that is not over yet, if there is one. */
  incompleteFrom?: string
  /** Whether there are more rows than the limit. */
  truncated: boolean
  /** Every day of the range, for charts, when the report is by date: rows exist only for days with data. */
  dates?: string[]
}

/** A report's rows, their totals, and what they cannot know. */
export interface Report {
  rows: ReportRow[]
  /** The report without dimensions: not the sum of the rows where devices or ratios are concerned. */
  totals: ReportRow
  /** The same over the days before of equal number; only when asked for. */
  previousTotals?: ReportRow
  meta: ReportMeta
}

function requestOf(subject: ReportSubject, input: ReportInput, clock: Clock): ReportRequest {
  const timezone = input.timezone ?? subject.timezone
  const hidden = input.metrics.find((metric) => isHidden(metric, subject.scope.hiddenMetrics))
  if (hidden) throw new AppError('forbidden', `Your access does not include ${hidden}.`, { field: 'metrics' })
  const { from, to, metrics, dimensions, filters, orderBy, limit } = input
  const today = dayInZone(clock.now(), timezone)
  return { from, to, timezone, today, metrics, dimensions, filters, orderBy, limit, currency: subject.currency }
}

const total = (request: ReportRequest): ReportRequest => ({ ...request, dimensions: [], orderBy: [], limit: 1 })

function previous(request: ReportRequest): ReportRequest {
  return { ...request, from: addDays(request.from, -daysBetween(request.from, request.to)), to: request.from }
}

/** Totals stand even where no row does: no fact to ask means every metric is unknown. */
function totalRow(request: ReportRequest, result: ReportResult): ReportRow {
  return result.rows[0] ?? (Object.fromEntries(request.metrics.map((metric) => [metric, null])) as ReportRow)
}

/** The later of two days. */
const later = (a: string, b: string) => [a, b].sort()[1] ?? b

function metaOf(request: ReportRequest, results: readonly ReportResult[]): ReportMeta {
  const [main] = results
  return {
    currency: request.currency,
    timezone: request.timezone,
    from: request.from,
    to: request.to,
    missing: missingOf(request.metrics, results),
    ...(request.to > request.today ? { incompleteFrom: later(request.from, request.today) } : {}),
    truncated: main?.truncated ?? false,
    ...(request.dimensions.includes('date') ? { dates: listDays(request.from, request.to) } : {}),
  }
}

/**
 * Answers the console's report: rows, totals and, if asked, the previous period's totals, in one go.
 * @throws AppError forbidden for a hidden metric, invalid or unavailable from the store
 */
export async function queryReport(
  subject: ReportSubject,
  input: ReportInput & { compare?: 'previous' | undefined },
  origin: QueryOrigin,
  clock: Clock = systemClock,
): Promise<Report> {
  const request = requestOf(subject, input, clock)
  const run = (ask: ReportRequest) => runReport(new TenantQuery(subject.scope), ask, origin)
  const flat = request.dimensions.length === 0
  const [rows, totals, before] = await Promise.all([
    run(request),
    flat ? null : run(total(request)),
    input.compare === 'previous' ? run(total(previous(request))) : null,
  ])
  return {
    rows: rows.rows,
    totals: totalRow(request, totals ?? rows),
    ...(before ? { previousTotals: totalRow(request, before) } : {}),
    meta: metaOf(request, totals ? [rows, totals] : [rows]),
  }
}

/** The REST answer: rows and `meta` in the contract's spelling. */
export async function queryReportRest(
  subject: ReportSubject,
  input: ReportInput,
  origin: QueryOrigin,
  clock: Clock = systemClock,
) {
  const request = requestOf(subject, input, clock)
  const result = await runReport(new TenantQuery(subject.scope), request, origin)
  const { incompleteFrom, dates: _dates, ...meta } = metaOf(request, [result])
  return { rows: result.rows, meta: { ...meta, ...(incompleteFrom ? { incomplete_from: incompleteFrom } : {}) } }
}

/** Values of a dimension in a range of the app's zone, most frequent first. */
export function listDimensionValues(
  subject: ReportSubject,
  ask: { dimension: Dimension; search?: string | undefined; from: string; to: string; limit: number },
  origin: QueryOrigin,
  clock: Clock = systemClock,
): Promise<string[]> {
  const { search, ...rest } = ask
  return dimensionValues(
    new TenantQuery(subject.scope),
    {
      ...rest,
      ...(search ? { search } : {}),
      timezone: subject.timezone,
      today: dayInZone(clock.now(), subject.timezone),
      currency: subject.currency,
    },
    origin,
  )
}

/** What metrics and dimensions there are, in words; without those that the scope hides. */
export function catalogue(scope: TenantScope) {
  return {
    metrics: (Object.keys(METRICS) as Metric[])
      .filter((name) => !isHidden(name, scope.hiddenMetrics))
      .map((name) => {
        const { title, unit, formula, description, betterWhen } = METRICS[name]
        return { name, title, unit, formula, description, betterWhen }
      }),
    dimensions: (Object.keys(DIMENSIONS) as Dimension[]).map((name) => {
      const { title, description } = DIMENSIONS[name]
      return { name, title, description }
    }),
  }
}
