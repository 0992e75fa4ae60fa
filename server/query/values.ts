import { z } from 'zod'
import { DIMENSIONS, type Dimension } from './dimensions.ts'
import { FACTS } from './facts/index.ts'
import type { FactName, Measure } from './measures.ts'
import type { ReportRequest } from './request.ts'
import type { QueryOrigin, TenantQuery } from './tenant-query.ts'

/** The cheapest measure of each fact that can tell which values a dimension has. */
const LOOK_IN: readonly [FactName, Measure][] = [
  ['touchpoints', 'clicks'],
  ['installs', 'installs'],
  ['events', 'events'],
  ['costs', 'cost'],
]

/**
 * The values a dimension has in a range, most frequent first, for filter menus.
 * Source dimensions are looked up in touchpoints, installs and costs only: events take theirs from installs.
 * @param search only values that contain this, in any case
 */
export async function dimensionValues(
  query: TenantQuery,
  ask: Pick<ReportRequest, 'from' | 'to' | 'timezone' | 'today' | 'currency'> & {
    dimension: Dimension
    search?: string
    limit: number
  },
  origin: QueryOrigin,
): Promise<string[]> {
  const { dimension, search, limit } = ask
  const request: ReportRequest = {
    ...ask,
    metrics: [],
    dimensions: [dimension],
    filters: search ? [{ dimension, operator: 'contains', values: [search] }] : [],
    orderBy: [],
    limit,
  }
  const holding = LOOK_IN.filter(([fact]) => FACTS[fact].dimensions.has(dimension))
  const cheap = holding.filter(([fact]) => fact !== 'events')
  const facts = cheap.length > 0 && DIMENSIONS[dimension].kind === 'text' && dimension !== 'country' ? cheap : holding
  const parts = facts.map(
    ([fact, measure]) =>
      `select toString(d_${dimension}) as value, toFloat64(m_${measure}) as weight from (${FACTS[fact].build({ query, request, measures: new Set([measure]) })})`,
  )
  const sql = `select value, sum(weight) as total from (${parts.join(' union all ')}) where value != '' group by value order by total desc, value asc limit ${query.bind('UInt32', limit)}`
  const rows = await query.rows(sql, z.object({ value: z.string() }), origin)
  return rows.map((row) => row.value)
}
