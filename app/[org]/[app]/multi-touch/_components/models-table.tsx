'use client'
import { Download } from 'lucide-react'
import { parseAsString, useQueryState } from 'nuqs'
import { Button } from '#app/_ui/button.tsx'
import { SearchInput } from '#app/_ui/filters.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import { Value } from '#app/_ui/stat.tsx'
import { EmptyState, Skeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable, downloadText, toCsv } from '#app/_ui/table/index.ts'
import {
  type Credit,
  describeModel,
  exportColumns,
  isDataDriven,
  type Measure,
  MODELS,
  type Model,
  type ModelRow,
  type Parameters,
  rowName,
} from './words.ts'

/** Every row with what each model gives it, in one measure; totals below. */
export function ModelsTable({
  name,
  level,
  rows,
  totals,
  measure,
  parameters,
  waiting,
  format,
  formatCost,
  reasonOf,
}: {
  /** Name of the CSV files. */
  name: string
  level: 'media_source' | 'campaign' | 'ad'
  rows: readonly ModelRow[]
  totals: Credit & { cost: number | null }
  measure: Measure
  parameters: Parameters
  /** Whether the data-driven models are still being computed. */
  waiting: boolean
  format: (value: number | null) => string
  formatCost: (value: number | null) => string
  /** Why a figure is unknown. */
  reasonOf: (model: Model | 'cost') => string | undefined
}) {
  const [search, setSearch] = useQueryState('search', parseAsString.withDefault(''))
  const wanted = search.toLowerCase()
  const found = wanted ? rows.filter((row) => rowName(row).toLowerCase().includes(wanted)) : rows
  const titles = { media_source: 'Media source', campaign: 'Campaign', ad: 'Ad' }
  const columns: Column<ModelRow>[] = [
    {
      id: level,
      title: titles[level],
      value: rowName,
      cell: (row) => (
        <span className="font-medium" title={rowName(row)}>
          {rowName(row)}
        </span>
      ),
      total: wanted ? 'Total, all rows' : 'Total',
      width: 160,
    },
    ...MODELS.map((model): Column<ModelRow> => {
      const term = describeModel(model, parameters)
      const value = (row: ModelRow) => row.models[model]?.[measure] ?? null
      const loading = waiting && isDataDriven(model)
      const solved = rows.some((row) => row.models[model])
      const show = (amount: number | null) =>
        loading ? <Skeleton className="ml-auto h-3 w-12" /> : <Value text={format(amount)} reason={reasonOf(model)} />
      return {
        id: model,
        title: term.title,
        head: <Definition term={term} />,
        number: true,
        value,
        cell: (row) => show(value(row)),
        total: show(solved ? totals[measure] : null),
      }
    }),
    {
      id: 'cost',
      title: 'Cost',
      number: true,
      value: (row) => row.cost,
      cell: (row) => <Value text={formatCost(row.cost)} reason={reasonOf('cost')} />,
      total: <Value text={formatCost(totals.cost)} reason={reasonOf('cost')} />,
    },
  ]
  return (
    <DataTable
      label="Models side by side"
      name={name}
      columns={columns}
      rows={found}
      rowId={(row) => row.key}
      totals
      toolbar={
        <>
          <SearchInput
            label={`Search ${titles[level].toLowerCase()}`}
            value={search}
            onChange={(text) => setSearch(text || null)}
          />
          <Button
            size="sm"
            disabled={waiting}
            onClick={() => downloadText(`${name}-all-models.csv`, toCsv(rows, exportColumns(level)))}
          >
            <Download aria-hidden className="size-4" />
            Export all models
          </Button>
        </>
      }
      empty={<EmptyState title="No match">Nothing here contains “{search}”.</EmptyState>}
    />
  )
}
