import { DIMENSIONS, type Dimension } from './dimensions.ts'
import { FACTS, hourText } from './facts/index.ts'
import { type FactName, MEASURES, type Measure, measureColumns } from './measures.ts'
import { METRICS, type Metric } from './metrics.ts'
import type { ReportRequest } from './request.ts'
import type { TenantQuery } from './tenant-query.ts'

/** A figure that cannot be given because the rows behind it lack a dimension of the question. */
export interface Unavailable {
  metric: Metric
  dimensions: Dimension[]
}

/** A report as one statement. */
export interface ReportPlan {
  /** null: none of the metrics can be given under these dimensions. */
  sql: string | null
  /** Metrics that are in the rows; the others are null in every row. */
  available: Metric[]
  unavailable: Unavailable[]
  /** Hidden columns of each row: currencies without a rate, and whether costs were imported. */
  hidden: string[]
}

/**
 * Plans a report: one grouped select for each kind of row that the metrics need, added up by the dimensions.
 * A kind of row that lacks a dimension or a filter's dimension is left out, and the metrics that need it are named.
 */
export function planReport(query: TenantQuery, request: ReportRequest): ReportPlan {
  const asked = new Set<Dimension>([...request.dimensions, ...request.filters.map((filter) => filter.dimension)])
  const lacking = (metric: Metric) =>
    [...asked].filter((dimension) =>
      METRICS[metric].needs.some((measure) => !FACTS[MEASURES[measure]].dimensions.has(dimension)),
    )
  const unavailable = request.metrics
    .map((metric) => ({ metric, dimensions: lacking(metric) }))
    .filter(({ dimensions }) => dimensions.length > 0)
  const available = request.metrics.filter((metric) => !unavailable.some((entry) => entry.metric === metric))
  const measures = [...new Set(available.flatMap((metric) => METRICS[metric].needs as readonly Measure[]))]
  const columns = measures.flatMap(measureColumns)
  const hidden = columns.filter(({ name }) => !name.startsWith('m_')).map(({ name }) => `_${name}`)
  if (measures.length === 0) return { sql: null, available, unavailable, hidden }

  const dimensionNames = request.dimensions.map((dimension) => `d_${dimension}`)
  const parts = [...new Set(measures.map((measure) => MEASURES[measure]))].map((fact) =>
    part(query, request, fact, measures, dimensionNames),
  )
  const combined = [...dimensionNames, ...columns.map(({ name, combine }) => `${combine}(c_${name}) as ${name}`)]
  const groupBy = dimensionNames.length === 0 ? '' : ` group by ${dimensionNames.join(', ')}`
  const groups = `(select ${combined.join(', ')} from (${parts.join(' union all ')})${groupBy})`

  const shown = [
    ...request.dimensions.map((dimension) => `${shownDimension(query, request, dimension)} as ${dimension}`),
    ...available.map((metric) => `${METRICS[metric].sql} as ${metric}`),
    ...hidden.map((name) => `${name.slice(1)} as ${name}`),
  ]
  const sql = `select ${shown.join(', ')} from ${groups} order by ${order(request, available)} limit ${query.bind('UInt32', request.limit + 1)}`
  return { sql, available, unavailable, hidden }
}

/** One fact's groups, widened to the columns that all facts of the report share. */
function part(
  query: TenantQuery,
  request: ReportRequest,
  fact: FactName,
  measures: readonly Measure[],
  dimensionNames: readonly string[],
): string {
  const own = new Set(measures.filter((measure) => MEASURES[measure] === fact))
  const select = [
    ...dimensionNames,
    ...measures.flatMap((measure) =>
      measureColumns(measure).map(({ name, empty }) => `${own.has(measure) ? name : empty} as c_${name}`),
    ),
  ]
  return `select ${select.join(', ')} from (${FACTS[fact].build({ query, request, measures: own })})`
}

function shownDimension(query: TenantQuery, request: ReportRequest, dimension: Dimension): string {
  if (DIMENSIONS[dimension].kind === 'time') return hourText(`d_${dimension}`, query.bind('String', request.timezone))
  return `toString(d_${dimension})`
}

/** What was asked; by default time forwards, otherwise the first metric downwards. Dimensions settle ties. */
function order(request: ReportRequest, available: readonly Metric[]): string {
  const dimension = (name: Dimension) => `d_${name}`
  const terms = request.orderBy.flatMap(({ field, direction }) => {
    if (request.dimensions.some((name) => name === field)) return [`${dimension(field as Dimension)} ${direction}`]
    return available.some((name) => name === field) ? [`${field} ${direction} nulls last`] : []
  })
  if (request.orderBy.length === 0) {
    const time = request.dimensions.find((name) => name === 'date' || name === 'hour')
    if (time) terms.push(`${dimension(time)} asc`)
    else if (available[0]) terms.push(`${available[0]} desc nulls last`)
  }
  return [...terms, ...request.dimensions.map((name) => `${dimension(name)} asc`)].join(', ') || 'tuple()'
}
