import { z } from 'zod'
import type { Dimension } from './dimensions.ts'
import type { Metric } from './metrics.ts'
import { planReport, type Unavailable } from './report.ts'
import type { ReportRequest } from './request.ts'
import type { QueryOrigin, TenantQuery } from './tenant-query.ts'

/** One row: dimensions are text, metrics numbers or null. */
export type ReportRow = Partial<Record<Dimension, string>> & Partial<Record<Metric, number | null>>

/** What a report's rows could not know. */
export interface ReportGaps {
  /** Metrics whose rows lack a dimension that was asked for. */
  unavailable: Unavailable[]
  /** Currencies without a rate that stood behind revenue, attributed revenue and cost. */
  currencies: { revenue: string[]; attributed_revenue: string[]; cost: string[] }
  /** Whether some row asked for a cost and none was imported for it. */
  withoutCosts: boolean
}

export interface ReportResult {
  rows: ReportRow[]
  /** Whether there are more rows than the limit. */
  truncated: boolean
  gaps: ReportGaps
}

const text = z.string()
const figure = z.number().nullable()

/**
 * Answers a report.
 * @throws AppError as {@link TenantQuery.rows}
 */
export async function runReport(
  query: TenantQuery,
  request: ReportRequest,
  origin: QueryOrigin,
): Promise<ReportResult> {
  const plan = planReport(query, request)
  const gaps: ReportGaps = {
    unavailable: plan.unavailable,
    currencies: { revenue: [], attributed_revenue: [], cost: [] },
    withoutCosts: false,
  }
  if (plan.sql === null) return { rows: [], truncated: false, gaps }
  const shape = z.object({
    ...Object.fromEntries(request.dimensions.map((name) => [name, text])),
    ...Object.fromEntries(plan.available.map((name) => [name, figure])),
    ...Object.fromEntries(plan.hidden.map((name) => [name, name === '_r_cost' ? z.number() : z.array(text)])),
  }) as z.ZodType<Record<string, string | number | null | string[]>>
  const found = await query.rows(plan.sql, shape, origin)
  const kept = found.slice(0, request.limit)
  const missingMetrics = Object.fromEntries(plan.unavailable.map(({ metric }) => [metric, null]))
  for (const row of kept) {
    for (const measure of ['revenue', 'attributed_revenue', 'cost'] as const) {
      const currencies = row[`_g_${measure}`]
      if (Array.isArray(currencies)) {
        gaps.currencies[measure] = [...new Set([...gaps.currencies[measure], ...currencies])].sort()
      }
    }
    if (row._r_cost === 0) gaps.withoutCosts = true
  }
  return {
    rows: kept.map((row) => {
      const visible = Object.entries(row).filter(([name]) => !name.startsWith('_'))
      return { ...Object.fromEntries(visible), ...missingMetrics } as ReportRow
    }),
    truncated: found.length > request.limit,
    gaps,
  }
}
