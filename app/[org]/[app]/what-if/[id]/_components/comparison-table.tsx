'use client'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useMemo } from 'react'
import { formatChange, formatNumber, relativeChange, UNKNOWN } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Card } from '#app/_ui/card.tsx'
import { Segmented } from '#app/_ui/segmented.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { signed } from '../../_components/words.ts'

type Comparison = Outputs['replays']['comparison']
type Row = Comparison['sources'][number]
type Metric = 'installs' | 'revenue'
const LEVELS = ['sources', 'campaigns'] as const

/** Before, after and difference, by media source or by campaign. */
export function ComparisonTable({
  data,
  metric,
  format,
}: {
  data: Comparison
  metric: Metric
  format: (value: number) => string
}) {
  const [level, setLevel] = useQueryState('by', parseAsStringLiteral(LEVELS).withDefault('sources'))
  const columns = useMemo(() => columnsFor(level, metric, format, data[metric]), [level, metric, format, data])
  return (
    <Card padded={false}>
      <DataTable
        label={level === 'sources' ? 'By media source' : 'By campaign'}
        name={`what-if-${level}`}
        columns={columns}
        rows={data[level]}
        rowId={({ mediaSource, campaign }) => JSON.stringify([mediaSource, campaign])}
        totals
        toolbar={
          <Segmented
            label="Compare by"
            value={level}
            onChange={(next) => void setLevel(next)}
            options={[
              { value: 'sources', label: 'Media source' },
              { value: 'campaigns', label: 'Campaign' },
            ]}
          />
        }
      />
    </Card>
  )
}

function columnsFor(
  level: (typeof LEVELS)[number],
  metric: Metric,
  format: (value: number) => string,
  total: number,
): Column<Row>[] {
  const campaign: Column<Row>[] =
    level === 'sources'
      ? []
      : [
          {
            id: 'campaign',
            title: 'Campaign',
            value: (row) => row.campaign,
            cell: (row) => row.campaign || UNKNOWN,
            width: 160,
          },
        ]
  return [
    { id: 'media_source', title: 'Media source', value: (row) => row.mediaSource, width: 140, total: 'Total' },
    ...campaign,
    {
      id: 'before',
      title: 'What happened',
      number: true,
      value: (row) => row.before[metric],
      cell: (row) => format(row.before[metric]),
      total: format(total),
    },
    {
      id: 'after',
      title: 'What-if',
      number: true,
      value: (row) => row.after[metric],
      cell: (row) => format(row.after[metric]),
      total: format(total),
    },
    {
      id: 'difference',
      title: 'Difference',
      number: true,
      value: (row) => row.difference[metric],
      cell: (row) => signed(row.difference[metric], format),
      total: format(0),
    },
    {
      id: 'change',
      title: 'Change',
      number: true,
      value: (row) => relativeChange(row.after[metric], row.before[metric]),
      cell: (row) => {
        const change = relativeChange(row.after[metric], row.before[metric])
        return change === null ? UNKNOWN : formatChange(change)
      },
    },
    {
      id: 'won',
      title: 'Installs won',
      number: true,
      value: (row) => row.won,
      cell: (row) => formatNumber(row.won),
      optional: true,
    },
    {
      id: 'lost',
      title: 'Installs lost',
      number: true,
      value: (row) => row.lost,
      cell: (row) => formatNumber(row.lost),
      optional: true,
    },
  ]
}
