import type { Dimension } from '../dimensions.ts'
import { filterCondition } from '../filters.ts'
import type { Measure } from '../measures.ts'
import type { ReportRequest } from '../request.ts'
import type { TenantQuery } from '../tenant-query.ts'

/** What a fact is built from. */
export interface FactContext {
  query: TenantQuery
  request: ReportRequest
  /** The measures of this fact that the report needs. */
  measures: ReadonlySet<Measure>
}

/** One kind of row and how it becomes figures. */
export interface Fact {
  /** The dimensions its rows have. */
  dimensions: ReadonlySet<Dimension>
  /** A select with the report's dimensions as `d_…` and the columns of `context.measures`, grouped. */
  build(context: FactContext): string
}

/** A dimension of a fact: what is grouped by, and the text a filter looks at where that differs. */
export type DimensionExpressions = Partial<Record<Dimension, { group: string; text?: string }>>

/** Days and hours of a time column in the report's zone. */
export function timeDimensions(context: FactContext, column: string): DimensionExpressions {
  const zone = context.query.bind('String', context.request.timezone)
  return {
    date: { group: `toDate(${column}, ${zone})`, text: `toString(toDate(${column}, ${zone}))` },
    hour: { group: `toStartOfHour(${column}, ${zone})`, text: hourText(`toStartOfHour(${column}, ${zone})`, zone) },
  }
}

/** An hour as RFC 3339 with the zone's offset, so that the repeated hour of a DST change stays two hours. */
export function hourText(expression: string, zone: string): string {
  const text = `formatDateTime(${expression}, '%Y-%m-%dT%H:00:00%z', ${zone})`
  return `concat(substring(${text}, 1, 22), ':', substring(${text}, 23))`
}

/** Columns under their own name. */
export function columnDimensions(names: readonly Dimension[], prefix = ''): DimensionExpressions {
  return Object.fromEntries(names.map((name) => [name, { group: `${prefix}${name}` }]))
}

/** The instants at which the report's range begins and is over: midnights of the report's zone. */
export function rangeBounds({
  query,
  request,
}: {
  query: TenantQuery
  request: Pick<ReportRequest, 'from' | 'to' | 'timezone'>
}): { start: string; end: string } {
  const zone = query.bind('String', request.timezone)
  const midnight = (day: string) => `toDateTime64(concat(${query.bind('String', day)}, ' 00:00:00'), 3, ${zone})`
  return { start: midnight(request.from), end: midnight(request.to) }
}

/** `column` inside the report's range, which is in days of the report's zone. */
export function inRange(context: FactContext, column: string, extraDays = 0): string {
  const { start, end } = rangeBounds(context)
  return `${column} >= ${start} and ${column} < ${extraDays === 0 ? end : `addDays(${end}, ${extraDays})`}`
}

/** The report's dimensions of a fact as select list, conditions and GROUP BY. */
export function breakdown(context: FactContext, expressions: DimensionExpressions) {
  const { query, request } = context
  const of = (dimension: Dimension) => {
    const expression = expressions[dimension]
    if (!expression) throw new Error(`A fact was asked for ${dimension}, which its rows do not have.`)
    return expression
  }
  const names = request.dimensions.map((dimension) => `d_${dimension}`)
  return {
    names,
    select: request.dimensions.map((dimension) => `${of(dimension).group} as d_${dimension}`),
    where: request.filters.map((filter) => {
      const { group, text } = of(filter.dimension)
      return filterCondition(query, filter, text ?? `toString(${group})`)
    }),
    groupBy: names.length === 0 ? '' : ` group by ${names.join(', ')}`,
  }
}

/** Whether the report groups or filters by one of these dimensions. */
export function uses(context: FactContext, dimensions: readonly Dimension[]): boolean {
  const { request } = context
  return dimensions.some(
    (name) => request.dimensions.includes(name) || request.filters.some((filter) => filter.dimension === name),
  )
}

/** ` where …`, or nothing. */
export function whereClause(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` where ${conditions.map((part) => `(${part})`).join(' and ')}`
}
