import type { Dimension } from './dimensions.ts'
import type { Metric } from './metrics.ts'

export const OPERATORS = ['eq', 'neq', 'in', 'not_in', 'contains', 'gt', 'lt'] as const
export type Operator = (typeof OPERATORS)[number]

/** One condition on a dimension. `in` and `not_in` take several values. */
export interface Filter {
  dimension: Dimension
  operator: Operator
  values: readonly string[]
}

/** A question to the builder; already checked. */
export interface ReportRequest {
  /** YYYY-MM-DD in the time zone, inclusive. */
  from: string
  /** YYYY-MM-DD in the time zone, exclusive. */
  to: string
  /** IANA zone in which days and hours begin. */
  timezone: string
  /** Today in the time zone, YYYY-MM-DD: retention leaves out days that are not over. */
  today: string
  metrics: readonly Metric[]
  dimensions: readonly Dimension[]
  filters: readonly Filter[]
  orderBy: readonly { field: Metric | Dimension; direction: 'asc' | 'desc' }[]
  limit: number
  /** ISO 4217; money is shown in it. */
  currency: string
}
