'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Dimension, Metric } from '#server/query/index.ts'
import { useAppScope, useConsole } from './console.tsx'
import { addDays, type DayRange, daysBetween } from './days.ts'
import { useTRPC } from './trpc/client.ts'

/** A row of a report: dimensions and metrics by their names. */
export type ReportRow = Record<string, string | number | null>

export interface ReportFilter {
  dimension: Dimension
  operator: 'eq' | 'neq' | 'in' | 'not_in' | 'contains'
  value: string | string[]
}

/** What a room asks the reports for; organization and app come from the room. */
export interface ReportQuestion extends DayRange {
  metrics: Metric[]
  dimensions?: Dimension[]
  filters?: ReportFilter[]
  orderBy?: { field: Metric | Dimension; direction: 'asc' | 'desc' }[]
  limit?: number
  /** Adds the totals of the preceding range of equal length. */
  compare?: 'previous'
}

/** The range of equal length right before. */
export function previousRange({ from, to }: DayRange): DayRange {
  return { from: addDays(from, -daysBetween(from, to)), to: from }
}

const REFRESH_MS = 60_000

/**
 * Asks for a report of the current app, again every minute while the page is looked at. The last answer stays while the next one loads, so that nothing jumps.
 * @param options enabled: false asks nothing; whenEmptyMs: how soon to ask again after an answer without rows
 */
export function useReport(
  question: ReportQuestion,
  { enabled = true, whenEmptyMs = REFRESH_MS }: { enabled?: boolean; whenEmptyMs?: number } = {},
) {
  const trpc = useTRPC()
  const scope = useAppScope()
  return useQuery({
    ...trpc.reports.query.queryOptions({ ...scope, ...question }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.rows.length === 0 ? whenEmptyMs : REFRESH_MS),
    enabled,
  })
}

/** Titles that are not their name with spaces; they stand in until the catalogue has arrived. */
const SHORT: Record<string, string> = { cpi: 'CPI', roas: 'ROAS', ctr: 'CTR', arpu: 'ARPU' }
const titleOf = (name: string) => SHORT[name] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ')

/** A metric or dimension, explained. */
export interface Term {
  name: string
  title: string
  description: string
  formula: string | null
  /** The catalogue's unit: count, money, ratio or money_ratio. */
  unit: string
  betterWhen: 'higher' | 'lower' | null
}

/** Looks up metrics and dimensions in the catalogue; the name's own title stands in until it is there. */
export function useTerms(): (name: string) => Term {
  const trpc = useTRPC()
  const { org } = useConsole()
  const { data } = useQuery(
    trpc.reports.catalogue.queryOptions({ org: org.slug }, { staleTime: Number.POSITIVE_INFINITY }),
  )
  return (name) => {
    const metric = data?.metrics.find((entry) => entry.name === name)
    if (metric) return metric
    const dimension = data?.dimensions.find((entry) => entry.name === name)
    const unknown = { description: '', formula: null, unit: 'count', betterWhen: null }
    return { ...unknown, name, title: titleOf(name), ...dimension }
  }
}

/** A cell as number; null when it is unknown or no number. */
export function numberOf(row: ReportRow | undefined, metric: string): number | null {
  const value = row?.[metric]
  return typeof value === 'number' ? value : null
}

/** The text of a dimension's value; organic and absent ones get words. */
export function dimensionText(value: string | number | null | undefined): string {
  if (value === '' || value == null) return '(none)'
  return value === 'organic' ? 'Organic' : String(value)
}
