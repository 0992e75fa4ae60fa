'use client'
import { ChartBar, Table2 } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '#app/_ui/button.tsx'
import { cx } from '#app/_ui/cx.ts'
import { EmptyState } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { Tooltip } from '#app/_ui/tooltip.tsx'
import {
  colourOf,
  describeModel,
  type Measure,
  MODELS,
  type Model,
  type ModelRow,
  type Parameters,
  rowName,
} from './words.ts'

const MOST_ROWS = 8

/**
 * The largest rows with a bar per model. The legend switches models; the key T, or the button, shows the same numbers as a
 * table.
 */
export function ModelsChart({
  title,
  unit,
  rows,
  measure,
  parameters,
  waiting,
  format,
}: {
  title: string
  unit: string
  rows: readonly ModelRow[]
  measure: Measure
  parameters: Parameters
  /** Whether the data-driven models are still being computed: their place is kept. */
  waiting: boolean
  format: (value: number | null) => string
}) {
  const [hidden, setHidden] = useState<ReadonlySet<Model>>(new Set())
  const [asTable, setAsTable] = useState(false)
  const present = MODELS.filter((model) => waiting || rows.some((row) => row.models[model]))
  const shown = present.filter((model) => !hidden.has(model))
  const amountOf = (row: ModelRow, model: Model) => row.models[model]?.[measure] ?? null
  const drawn = rows.filter((row) => present.some((model) => amountOf(row, model) !== null))
  const top = drawn.slice(0, MOST_ROWS)
  const most = Math.max(0, ...top.flatMap((row) => shown.map((model) => amountOf(row, model) ?? 0)))
  const nameOf = (model: Model) => describeModel(model, parameters).title
  const toggle = (model: Model) => {
    const next = new Set(hidden)
    if (!next.delete(model)) next.add(model)
    setHidden(next)
  }
  const columns: Column<ModelRow>[] = [
    { id: 'name', title: 'Name', value: rowName, width: 140 },
    ...present.map(
      (model): Column<ModelRow> => ({
        id: model,
        title: nameOf(model),
        number: true,
        value: (row) => amountOf(row, model),
        cell: (row) => format(amountOf(row, model)),
      }),
    ),
  ]
  return (
    <section
      aria-label={title}
      className="ui-card min-w-0"
      onKeyDown={(event) => {
        if (event.key.toLowerCase() === 't' && !event.metaKey && !event.ctrlKey) setAsTable(!asTable)
      }}
    >
      <header className="flex flex-wrap items-center justify-between gap-2 px-4 pt-3">
        <div>
          <h2 className="text-base font-semibold">{title}</h2>
          <p className="text-xs text-faint">{unit}</p>
        </div>
        <IconButton
          label={asTable ? 'Show as chart (T)' : 'Show as table (T)'}
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? <ChartBar /> : <Table2 />}
        </IconButton>
      </header>
      {asTable ? (
        <div className="pt-2">
          <DataTable label={title} columns={columns} rows={top} rowId={(row) => row.key} tools={false} />
        </div>
      ) : most === 0 ? (
        <EmptyState title="Nothing to draw">
          No row has a known amount here. Choose another measure or other dates.
        </EmptyState>
      ) : (
        <>
          <ul className="flex flex-col gap-3 px-4 pt-3">
            {top.map((row) => (
              <li key={row.key} className="grid gap-x-3 gap-y-1 sm:grid-cols-[11rem_1fr]">
                <span className="truncate text-sm sm:text-right" title={rowName(row)}>
                  {rowName(row)}
                </span>
                <Tooltip
                  content={<RowValues row={row} models={shown} amountOf={amountOf} nameOf={nameOf} format={format} />}
                >
                  <button
                    type="button"
                    className="flex flex-col gap-px text-left"
                    aria-label={`${rowName(row)}: values`}
                  >
                    {shown.map((model) => (
                      <span
                        key={model}
                        className="block h-1.5 min-w-px rounded-r-sm"
                        style={{
                          width: `${(100 * Math.max(0, amountOf(row, model) ?? 0)) / most}%`,
                          background: colourOf(model),
                        }}
                      />
                    ))}
                  </button>
                </Tooltip>
              </li>
            ))}
          </ul>
          <ul aria-label="Models" className="flex min-h-10 flex-wrap gap-x-1 px-3 pt-2 pb-2">
            {present.map((model) => (
              <li key={model}>
                <button
                  type="button"
                  aria-pressed={!hidden.has(model)}
                  onClick={() => toggle(model)}
                  className={cx(
                    'flex h-7 items-center gap-1.5 rounded px-1.5 text-xs hover:bg-hover',
                    hidden.has(model) && 'text-faint line-through',
                  )}
                >
                  <span
                    aria-hidden
                    className="size-2.5 shrink-0 rounded-sm"
                    style={{ background: hidden.has(model) ? 'var(--line)' : colourOf(model) }}
                  />
                  {nameOf(model)}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {drawn.length > MOST_ROWS && most > 0 && (
        <p className="border-t border-line px-4 py-2 text-xs text-faint">
          The {MOST_ROWS} rows with the most conversions by last touch; the table below has all {rows.length}.
        </p>
      )}
    </section>
  )
}

/** What every shown model gives a row, most first. */
function RowValues({
  row,
  models,
  amountOf,
  nameOf,
  format,
}: {
  row: ModelRow
  models: readonly Model[]
  amountOf: (row: ModelRow, model: Model) => number | null
  nameOf: (model: Model) => string
  format: (value: number | null) => string
}) {
  const sorted = [...models].sort((a, b) => (amountOf(row, b) ?? -1) - (amountOf(row, a) ?? -1))
  return (
    <span className="grid grid-cols-[auto_auto_auto] items-center gap-x-2">
      {sorted.map((model) => (
        <span key={model} className="contents">
          <span aria-hidden className="size-2 rounded-sm" style={{ background: colourOf(model) }} />
          <span>{nameOf(model)}</span>
          <span className="text-right">{format(amountOf(row, model))}</span>
        </span>
      ))}
    </span>
  )
}
