'use client'
import { formatNumber } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Card } from '#app/_ui/card.tsx'
import { EmptyState } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { rowName } from './words.ts'

type Statistics = Outputs['multiTouch']['paths']
type Path = Statistics['paths'][number]
const LONGEST = 20
const LATEST = 31

/** One bar of a small histogram. */
interface Bar {
  label: string
  count: number
}

/** The most frequent paths, and how many touches and days it takes. */
export function PathStatistics({
  statistics,
  formatValue,
}: {
  statistics: Statistics
  /** Null where values are not known: then there is no such column. */
  formatValue: ((value: number) => string) | null
}) {
  const columns: Column<Path>[] = [
    {
      id: 'path',
      title: 'Path',
      value: (path) => path.channels.map(rowName).join(' > '),
      cell: (path) => {
        const text = path.channels.map(rowName).join('  →  ')
        return <span title={text}>{text}</span>
      },
      width: 220,
    },
    { id: 'touches', title: 'Touches', number: true, value: (path) => path.channels.length },
    {
      id: 'conversions',
      title: 'Conversions',
      number: true,
      value: (path) => path.conversions,
      cell: (path) => formatNumber(path.conversions),
    },
    {
      id: 'nulls',
      title: 'Not converted',
      number: true,
      value: (path) => path.nulls,
      cell: (path) => formatNumber(path.nulls),
    },
    ...(formatValue
      ? [
          {
            id: 'value',
            title: 'Value',
            number: true,
            value: (path: Path) => path.value,
            cell: (path: Path) => formatValue(path.value),
          },
        ]
      : []),
  ]
  const lengths = statistics.lengths.map(({ touches, conversions }) => ({
    label: touches >= LONGEST ? `${LONGEST} and more` : touches === 0 ? 'None (organic)' : String(touches),
    count: conversions,
  }))
  const days = statistics.days.map(({ days: n, conversions }) => ({
    label: n >= LATEST ? `${LATEST} and more` : n === 0 ? 'Same day' : String(n),
    count: conversions,
  }))
  return (
    <div className="grid gap-4 lg:grid-cols-[2fr_1fr_1fr]">
      <Card padded={false} title="Top paths" description="Touches in their order, by conversions.">
        <DataTable
          label="Top paths"
          name="multi-touch-paths"
          columns={columns}
          rows={statistics.paths}
          rowId={(path) => path.channels.map(({ key }) => key).join('>')}
          empty={<EmptyState title="No paths">No touch precedes a conversion in these days.</EmptyState>}
        />
      </Card>
      <Histogram title="Touches per conversion" bars={lengths} />
      <Histogram title="Days from first touch" bars={days} />
    </div>
  )
}

function Histogram({ title, bars }: { title: string; bars: readonly Bar[] }) {
  const shown = bars.filter(({ count }) => count > 0)
  const all = shown.reduce((sum, { count }) => sum + count, 0)
  const most = shown.reduce((greatest, { count }) => Math.max(greatest, count), 0)
  return (
    <Card title={title} description="Conversions">
      {shown.length === 0 ? (
        <p className="text-sm text-muted">None in these days.</p>
      ) : (
        <table className="w-full text-xs" aria-label={title}>
          <tbody>
            {shown.map(({ label, count }) => (
              <tr key={label}>
                <th scope="row" className="w-0 py-0.5 pr-2 text-right font-normal whitespace-nowrap text-muted">
                  {label}
                </th>
                <td className="py-0.5">
                  <span
                    aria-hidden
                    className="block h-2.5 min-w-px rounded-r-sm bg-accent"
                    style={{ width: `${(100 * count) / most}%` }}
                  />
                </td>
                <td className="w-0 py-0.5 pl-2 text-right whitespace-nowrap">
                  {formatNumber(count)} <span className="text-faint">{Math.round((100 * count) / all)}%</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}
