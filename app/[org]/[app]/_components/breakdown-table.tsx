'use client'
import Link from 'next/link'
import { parseAsString, useQueryState } from 'nuqs'
import type { ReactNode } from 'react'
import { formatMetric } from '#app/_lib/format.ts'
import { dimensionText, numberOf, type ReportRow, useTerms } from '#app/_lib/reports.ts'
import { SearchInput } from '#app/_ui/filters.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import { Change, Value } from '#app/_ui/stat.tsx'
import { EmptyState } from '#app/_ui/states.tsx'
import { type Column, DataTable, type Sort } from '#app/_ui/table/index.ts'
import { reasonFor } from './missing-notice.tsx'
import type { ReportAnswer } from './overview-stats.tsx'

function parseSort(text: string | null): Sort | null {
  if (!text) return null
  const desc = text.startsWith('-')
  return { id: desc ? text.slice(1) : text, desc }
}

/**
 * A report's rows by one dimension. The totals row is the report's own total, never the sum of what is shown. Order and
 * search stand in the URL.
 */
export function BreakdownTable({
  name,
  dimension,
  metrics,
  optional = [],
  report,
  before,
  hrefOf,
  toolbar,
}: {
  name: string
  dimension: string
  metrics: readonly string[]
  /** Metrics hidden until they are chosen. */
  optional?: readonly string[]
  report: ReportAnswer
  /** The previous period's rows; absent: no changes are shown. */
  before?: ReportAnswer | undefined
  /** Where a row leads, one level down. */
  hrefOf?: (value: string) => string
  toolbar?: ReactNode
}) {
  const termOf = useTerms()
  const [sort, setSort] = useQueryState('sort', parseAsString.withDefault('-installs'))
  const [search, setSearch] = useQueryState('search', parseAsString.withDefault(''))
  const previous = new Map(before?.rows.map((row) => [String(row[dimension] ?? ''), row]))
  const keyOf = (row: ReportRow) => String(row[dimension] ?? '')
  const wanted = search.toLowerCase()
  const rows = wanted
    ? report.rows.filter((row) => dimensionText(row[dimension]).toLowerCase().includes(wanted))
    : report.rows
  const dimensionTerm = termOf(dimension)
  const columns: Column<ReportRow>[] = [
    {
      id: dimension,
      title: dimensionTerm.title,
      value: (row) => dimensionText(row[dimension]),
      cell: (row) =>
        hrefOf ? (
          <Link href={hrefOf(keyOf(row))} className="font-medium hover:underline">
            {dimensionText(row[dimension])}
          </Link>
        ) : (
          <span className="font-medium">{dimensionText(row[dimension])}</span>
        ),
      total: wanted ? 'Total, all rows' : 'Total',
      width: 160,
    },
    ...[...metrics, ...optional].map((metric): Column<ReportRow> => {
      const term = termOf(metric)
      const like = Math.max(0, ...report.rows.map((row) => Math.abs(numberOf(row, metric) ?? 0)))
      const format = (value: number | null) => formatMetric(value, term.unit, { currency: report.meta.currency, like })
      const show = (row: ReportRow | undefined, earlier: ReportRow | undefined) => {
        const now = numberOf(row, metric)
        const then = numberOf(earlier, metric)
        return (
          <span className="inline-flex items-center justify-end gap-2">
            {before && <Change now={now} before={then} betterWhen={term.betterWhen} previousText={format(then)} />}
            <Value text={format(now)} reason={reasonFor(report.meta.missing, metric)} />
          </span>
        )
      }
      return {
        id: metric,
        title: term.title,
        head: term.description ? <Definition term={term} /> : undefined,
        number: true,
        optional: optional.includes(metric),
        value: (row) => numberOf(row, metric),
        cell: (row) => show(row, previous.get(keyOf(row))),
        total: show(report.totals, before?.totals),
      }
    }),
  ]
  return (
    <DataTable
      label={`${dimensionTerm.title}: figures`}
      name={name}
      columns={columns}
      rows={rows}
      rowId={keyOf}
      sort={parseSort(sort)}
      onSort={(next) => setSort(next ? `${next.desc ? '-' : ''}${next.id}` : '')}
      totals
      toolbar={
        <>
          <SearchInput
            label={`Search ${dimensionTerm.title.toLowerCase()}`}
            value={search}
            onChange={(text) => setSearch(text || null)}
          />
          {toolbar}
        </>
      }
      empty={
        <EmptyState title={wanted ? 'No match' : 'Nothing in these days'}>
          {wanted
            ? `Nothing here contains “${search}”.`
            : 'No clicks, installs or events were dated to this range. Choose other dates.'}
        </EmptyState>
      }
    />
  )
}
