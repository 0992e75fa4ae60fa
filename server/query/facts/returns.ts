import { deviceKey } from '../decisions.ts'
import { breakdown, columnDimensions, type Fact, inRange, timeDimensions, whereClause } from './fact.ts'
import { DECIDED_COLUMNS, INSTALL_DIMENSIONS } from './installs.ts'

/** Re-engagements by the time of the return, under their current decisions and by the source that brought the device back. */
export const returns: Fact = {
  dimensions: INSTALL_DIMENSIONS,
  build(context) {
    const { query } = context
    const by = breakdown(context, {
      ...timeDimensions(context, 'conversion_time'),
      ...columnDimensions(DECIDED_COLUMNS),
    })
    const key = [...deviceKey(query), 'conversion_id'].join(', ')
    const rows = query.table(
      'reengagements',
      ['*'],
      [`environment = 'production'`, inRange(context, 'conversion_time')],
    )
    // The version is chosen before its outcome is looked at: a return that was taken back is none any more.
    const current = `(select * from ${rows} order by ${key}, version desc, decided_at desc limit 1 by ${key})`
    const where = [`outcome = 'attributed'`, ...by.where]
    return `select ${[...by.select, 'count() as m_reengagements'].join(', ')} from ${current}${whereClause(where)}${by.groupBy}`
  },
}
