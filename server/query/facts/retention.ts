import type { Fact } from './fact.ts'
import { inRange, whereClause } from './fact.ts'
import { INSTALL_DIMENSIONS, installBreakdown, installRows } from './installs.ts'

const DAYS = [1, 7, 30] as const

/** New installs of the range and whether they came back, by calendar days of the report's zone. */
export const retention: Fact = {
  dimensions: INSTALL_DIMENSIONS,
  build(context) {
    const { query, request, measures } = context
    const by = installBreakdown(context)
    const zone = query.bind('String', request.timezone)
    const today = query.bind('Date', request.today)
    const wanted = DAYS.filter((day) => measures.has(`cohort_d${day}`))
    const installDay = `toDate(install_time, ${zone})`
    const figures = wanted.flatMap((day) => {
      const over = `${installDay} + ${day} < ${today}`
      return [
        `countIf(${over}) as m_cohort_d${day}`,
        `countIf(${over} and has(active_days, ${installDay} + ${day})) as m_retained_d${day}`,
      ]
    })
    const last = Math.max(...wanted)
    const sessions = query.table(
      'events',
      ['app_id', 'device_id', 'event_time'],
      [`event_name = 'session_start'`, `environment = 'production'`, inRange(context, 'event_time', last + 1)],
    )
    const active = `(select app_id, device_id, groupUniqArray(toDate(event_time, ${zone})) as active_days from ${sessions} group by app_id, device_id)`
    const cohort = installRows(context, [`conversion_type = 'install'`])
    const rows = `(select i.*, a.active_days as active_days from ${cohort} as i left join ${active} as a on a.app_id = i.app_id and a.device_id = i.device_id)`
    return `select ${[...by.select, ...figures].join(', ')} from ${rows}${whereClause(by.where)}${by.groupBy}`
  },
}
