import type { Dimension } from '../dimensions.ts'
import { breakdown, columnDimensions, type Fact, inRange, timeDimensions, whereClause } from './fact.ts'

const COLUMNS = [
  'media_source',
  'campaign',
  'ad_set',
  'ad',
  'creative',
  'site_id',
  'country',
  'platform',
  'os_version',
] as const satisfies readonly Dimension[]

/** Clicks and views, by the time they happened. */
export const touchpoints: Fact = {
  dimensions: new Set<Dimension>(['date', 'hour', ...COLUMNS]),
  build(context) {
    const by = breakdown(context, { ...timeDimensions(context, 'touchpoint_time'), ...columnDimensions(COLUMNS) })
    const figures = [
      ...(context.measures.has('clicks') ? [`countIf(touchpoint_type = 'click') as m_clicks`] : []),
      ...(context.measures.has('views') ? [`countIf(touchpoint_type = 'view') as m_views`] : []),
    ]
    const rows = context.query.table('touchpoints', ['*'], [inRange(context, 'touchpoint_time')])
    return `select ${[...by.select, ...figures].join(', ')} from ${rows}${whereClause(by.where)}${by.groupBy}`
  },
}
