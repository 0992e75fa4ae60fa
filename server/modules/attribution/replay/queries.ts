import { z } from 'zod'
import { deviceRevenue, isHidden, type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { type Comparison, compare } from './comparison.ts'

const ORIGIN: QueryOrigin = { surface: 'replay' }

const movementRow = z
  .object({
    from_source: z.string(),
    from_campaign: z.string(),
    to_source: z.string(),
    to_campaign: z.string(),
    installs: z.number(),
    reinstalls_before: z.number(),
    reinstalls_after: z.number(),
    revenue: z.number(),
    unknown: z.array(z.string()),
  })
  .transform((row) => ({
    fromSource: row.from_source,
    fromCampaign: row.from_campaign,
    toSource: row.to_source,
    toCampaign: row.to_campaign,
    installs: row.installs,
    reinstallsBefore: row.reinstalls_before,
    reinstallsAfter: row.reinstalls_after,
    revenue: row.revenue,
    unknown: row.unknown,
  }))

/** A comparison and what it could not know. */
export interface MeasuredComparison extends Comparison {
  /** ISO 4217, of every revenue. */
  currency: string
  /** Whether the caller may see revenue; 0 everywhere otherwise. */
  revenueShown: boolean
  /** Currencies of revenue that have no exchange rate and are left out. */
  currenciesWithoutRate: string[]
}

/**
 * Compares a replay's rows with what was decided before: installs, and the revenue that their devices brought from the
 * period's first day until today, at each day's rate.
 * @param scope of one app
 * @param replay its id and period, and today, as days in `timezone`; `until` is exclusive
 * @param currency the reporting currency, ISO 4217
 * @throws AppError invalid when there are more combinations of campaigns than a query may return
 */
export async function measureReplay(
  scope: TenantScope,
  replay: { id: string; from: string; until: string; timezone: string },
  currency: string,
): Promise<MeasuredComparison> {
  const query = new TenantQuery(scope)
  const revenueShown = !isHidden('revenue', scope.hiddenMetrics)
  const columns = ['device_id', 'conversion_type', 'before_conversion_type', 'media_source', 'campaign']
  columns.push('before_media_source', 'before_campaign', 'written_at')
  const table = query.table('replay_decisions', columns, [`replay_id = ${query.bind('String', replay.id)}`])
  // A slice that was written twice stands twice until the engine merges it; both say the same.
  const rows = `(select * from ${table} order by device_id, written_at desc limit 1 by device_id)`
  const { from, until: to, timezone } = replay
  const money = revenueShown
    ? ` left join ${deviceRevenue(query, { from, to, timezone, currency })} as m on m.device_id = d.device_id`
    : ''
  const sql = `select toString(d.before_media_source) as from_source, toString(d.before_campaign) as from_campaign,
      toString(d.media_source) as to_source, toString(d.campaign) as to_campaign, count() as installs,
      countIf(d.before_conversion_type != 'install') as reinstalls_before,
      countIf(d.conversion_type != 'install') as reinstalls_after,
      ${revenueShown ? 'sum(m.revenue)' : '0'} as revenue,
      ${revenueShown ? 'arraySort(groupUniqArrayArray(m.unknown))' : '[]'} as unknown
    from ${rows} as d${money}
    group by from_source, from_campaign, to_source, to_campaign`
  const movements = await query.rows(sql, movementRow, ORIGIN)
  return {
    ...compare(movements),
    currency,
    revenueShown,
    currenciesWithoutRate: [...new Set(movements.flatMap(({ unknown }) => unknown))].sort(),
  }
}
