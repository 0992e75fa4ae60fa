import { currentDecisions } from '../decisions.ts'
import type { Dimension } from '../dimensions.ts'
import type { Measure } from '../measures.ts'
import {
  breakdown,
  columnDimensions,
  type Fact,
  type FactContext,
  inRange,
  timeDimensions,
  whereClause,
} from './fact.ts'

/** What decisions say of a conversion and of the touchpoint that earned it. */
export const DECIDED_COLUMNS = [
  'media_source',
  'campaign',
  'ad_set',
  'ad',
  'creative',
  'site_id',
  'country',
  'platform',
  'os_version',
  'app_version',
  'match_type',
] as const satisfies readonly Dimension[]

export const INSTALL_DIMENSIONS: ReadonlySet<Dimension> = new Set<Dimension>(['date', 'hour', ...DECIDED_COLUMNS])

const FIGURES: Partial<Record<Measure, string>> = {
  installs: `countIf(conversion_type = 'install')`,
  attributed_installs: `countIf(conversion_type = 'install' and outcome = 'attributed')`,
  organic_installs: `countIf(conversion_type = 'install' and outcome = 'organic')`,
  reinstalls: `countIf(conversion_type in ('reinstall', 'reattribution'))`,
}

/** Current decisions of production installs inside the range, with the columns that the report touches. */
export function installRows(context: FactContext, more: readonly string[] = []): string {
  const { request, query } = context
  const touched = DECIDED_COLUMNS.filter(
    (name) => request.dimensions.includes(name) || request.filters.some((filter) => filter.dimension === name),
  )
  const columns = ['install_time', 'conversion_type', 'outcome', 'environment', ...touched] as const
  return currentDecisions(query, columns, [`environment = 'production'`, inRange(context, 'install_time'), ...more])
}

/** How an install breaks down; `install_time` dates it. */
export function installBreakdown(context: FactContext) {
  return breakdown(context, { ...timeDimensions(context, 'install_time'), ...columnDimensions(DECIDED_COLUMNS) })
}

/** Installs by install time, under the current decisions. */
export const installs: Fact = {
  dimensions: INSTALL_DIMENSIONS,
  build(context) {
    const by = installBreakdown(context)
    const figures = [...context.measures].map((measure) => `${FIGURES[measure]} as m_${measure}`)
    return `select ${[...by.select, ...figures].join(', ')} from ${installRows(context)}${whereClause(by.where)}${by.groupBy}`
  },
}
