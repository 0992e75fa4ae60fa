'use client'
import { formatMetric } from '#app/_lib/format.ts'
import { numberOf, type ReportRow, useTerms } from '#app/_lib/reports.ts'
import { Stat, StatRow } from '#app/_ui/stat.tsx'
import { type Missing, reasonFor } from './missing-notice.tsx'

export const OVERVIEW_METRICS = [
  'installs',
  'attributed_installs',
  'organic_installs',
  'clicks',
  'conversion_rate',
  'revenue',
] as const

/** What the figures read of a report's answer. */
export interface ReportAnswer {
  rows: ReportRow[]
  totals: ReportRow
  previousTotals?: ReportRow | undefined
  meta: { currency: string; timezone: string; missing: Missing[]; truncated: boolean }
}

/**
 * The period's key figures and their change.
 * @param unfair the period has hardly begun, so that a fall against a whole one says nothing about better or worse
 */
export function OverviewStats({ report, unfair }: { report: ReportAnswer | undefined; unfair: boolean }) {
  const termOf = useTerms()
  return (
    <StatRow>
      {OVERVIEW_METRICS.map((metric) => {
        const term = termOf(metric)
        const now = numberOf(report?.totals, metric)
        const before = numberOf(report?.previousTotals, metric)
        const format = (value: number | null) => formatMetric(value, term.unit, { currency: report?.meta.currency })
        return (
          <Stat
            key={metric}
            term={term}
            loading={!report}
            value={format(now)}
            reason={reasonFor(report?.meta.missing, metric)}
            now={now}
            before={before}
            betterWhen={unfair ? null : term.betterWhen}
            previousText={unfair ? `${format(before)}, all of it. This one is still running.` : format(before)}
          />
        )
      })}
    </StatRow>
  )
}
