'use client'
import { ChartLine, Download, Table2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useAllSources } from '#app/_lib/all-sources.ts'
import { useApp } from '#app/_lib/console.tsx'
import { todayIn } from '#app/_lib/days.ts'
import { IconButton } from '#app/_ui/button.tsx'
import { OTHER_COLOUR, sourceColours } from '#app/_ui/chart/colours.ts'
import { cx } from '#app/_ui/cx.ts'
import { Segmented } from '#app/_ui/segmented.tsx'
import { type Column, DataTable, downloadText, toCsv } from '#app/_ui/table/index.ts'
import { type FlowInput, type FlowNode, foldFlows, layoutFlows, OTHERS, ribbonPath } from './flow-layout.ts'

/** Places that keep their name in the chart; the table has all. */
const MOST_PLACES = 8
const HEIGHT = 320
/** A name's line is as high as the smallest place and its gap. */
const GAP = 14
/** Two lines: on a phone the value stands below the name, where there is room. */
const TWO_LINES = 32
/** Width of the drawing in its own units; it is stretched to the room between the names. */
const WIDTH = 100

/**
 * Which media source installs went from and go to: a flow chart, and the same numbers as a table by button or the key T.
 * @param flows every pair of sources, those that stay included
 * @param unit what is counted, such as `installs`
 */
export function FlowChart({
  flows,
  unit,
  formatValue,
}: {
  flows: readonly FlowInput[]
  unit: string
  formatValue: (value: number) => string
}) {
  const moves = useMemo(() => flows.filter(({ from, to }) => from !== to), [flows])
  const [what, setWhat] = useState<'moves' | 'all'>('moves')
  const [asTable, setAsTable] = useState(false)
  const shown = what === 'moves' ? moves : flows
  return (
    <section
      aria-label="Movement between media sources"
      className="ui-card min-w-0"
      onKeyDown={(event) => {
        if (event.key.toLowerCase() === 't' && !event.metaKey && !event.ctrlKey) setAsTable(!asTable)
      }}
    >
      <header className="flex flex-wrap items-center justify-between gap-2 px-4 pt-3">
        <div>
          <h2 className="text-base font-semibold">Movement between media sources</h2>
          <p className="text-xs text-faint">{unit}, from what happened to the what-if</p>
        </div>
        <div className="flex max-w-full flex-wrap items-center gap-1">
          <Segmented
            label="What is shown"
            value={what}
            onChange={setWhat}
            options={[
              { value: 'moves', label: 'What moves' },
              { value: 'all', label: 'Everything' },
            ]}
          />
          <IconButton
            label={asTable ? 'Show as chart (T)' : 'Show as table (T)'}
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? <ChartLine /> : <Table2 />}
          </IconButton>
          <IconButton
            label="Download CSV"
            disabled={shown.length === 0}
            onClick={() => downloadText('what-if-movement.csv', toCsv(shown, columnsFor(unit, formatValue)))}
          >
            <Download />
          </IconButton>
        </div>
      </header>
      {shown.length === 0 ? (
        <p className="px-4 py-10 text-center text-sm text-muted">
          Nothing moves from one media source to another under these settings.
        </p>
      ) : asTable ? (
        <div className="pt-2">
          <DataTable
            label="Movement between media sources"
            columns={columnsFor(unit, formatValue)}
            rows={shown}
            rowId={({ from, to }) => JSON.stringify([from, to])}
            defaultSort={{ id: 'value', desc: true }}
            tools={false}
          />
        </div>
      ) : (
        <Drawing flows={shown} unit={unit} formatValue={formatValue} />
      )}
    </section>
  )
}

function columnsFor(unit: string, formatValue: (value: number) => string): Column<FlowInput>[] {
  return [
    { id: 'from', title: 'From', value: (row) => row.from },
    { id: 'to', title: 'To', value: (row) => row.to },
    { id: 'value', title: unit, number: true, value: (row) => row.value, cell: (row) => formatValue(row.value) },
  ]
}

function Drawing({
  flows,
  unit,
  formatValue,
}: {
  flows: readonly FlowInput[]
  unit: string
  formatValue: (value: number) => string
}) {
  const { timezone } = useApp()
  const allSources = useAllSources(todayIn(timezone))
  const [active, setActive] = useState<string | null>(null)
  const layout = useMemo(() => layoutFlows(foldFlows(flows, MOST_PLACES), HEIGHT, GAP), [flows])
  const colours = useMemo(
    () => sourceColours([...allSources, ...flows.flatMap(({ from, to }) => [from, to])]),
    [allSources, flows],
  )
  const colourOf = (name: string) => (name === OTHERS ? OTHER_COLOUR : (colours.get(name) ?? OTHER_COLOUR))
  const bright = (from: string, to: string) => active === null || active === from || active === to
  const names = { active, onActive: setActive, colourOf, formatValue }
  return (
    <div className="px-4 pt-3 pb-4">
      <div aria-hidden className="flex justify-between pb-1 text-xs text-faint">
        <span>What happened</span>
        <span>What-if</span>
      </div>
      <div className="grid grid-cols-[minmax(0,7fr)_minmax(0,9fr)_minmax(0,7fr)] gap-2 sm:grid-cols-[minmax(0,10rem)_minmax(0,1fr)_minmax(0,10rem)]">
        <Names nodes={layout.left} side="left" {...names} />
        <svg
          role="img"
          aria-label={`${unit} that go from one media source to another; the table has the numbers.`}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="w-full"
          height={HEIGHT}
        >
          {layout.ribbons.map((ribbon) => (
            <path
              key={JSON.stringify([ribbon.from, ribbon.to])}
              d={ribbonPath(ribbon, WIDTH)}
              fill={colourOf(ribbon.from)}
              fillOpacity={bright(ribbon.from, ribbon.to) ? 0.38 : 0.08}
            >
              <title>{`${ribbon.from} → ${ribbon.to}: ${formatValue(ribbon.value)}`}</title>
            </path>
          ))}
        </svg>
        <Names nodes={layout.right} side="right" {...names} />
      </div>
    </div>
  )
}

/** The places of one side: a bar as high as what they hold, name and value beside it. */
function Names({
  nodes,
  side,
  active,
  onActive,
  colourOf,
  formatValue,
}: {
  nodes: readonly FlowNode[]
  side: 'left' | 'right'
  active: string | null
  onActive: (name: string | null) => void
  colourOf: (name: string) => string
  formatValue: (value: number) => string
}) {
  return (
    <ul aria-label={side === 'left' ? 'What happened' : 'What-if'} className="relative" style={{ height: HEIGHT }}>
      {nodes.map(({ name, value, top, height }) => (
        <li
          key={name}
          className={cx('absolute inset-x-0', side === 'left' ? 'pr-3 text-right' : 'pl-3')}
          style={{ top, height: Math.max(2, height) }}
        >
          <span
            aria-hidden
            className={cx('absolute inset-y-0 w-1.5 rounded-sm', side === 'left' ? 'right-0' : 'left-0')}
            style={{ background: colourOf(name) }}
          />
          <button
            type="button"
            aria-pressed={active === name}
            onClick={() => onActive(active === name ? null : name)}
            onMouseEnter={() => onActive(name)}
            onMouseLeave={() => onActive(null)}
            onFocus={() => onActive(name)}
            onBlur={() => onActive(null)}
            className={cx(
              'absolute top-1/2 max-w-full -translate-y-1/2 truncate rounded px-1 text-xs leading-4',
              side === 'left' ? 'right-2.5' : 'left-2.5',
              active !== null && active !== name && 'text-faint',
            )}
            title={`${name}: ${formatValue(value)}`}
          >
            <span className="font-medium">{name}</span>{' '}
            <span
              className={cx('tabular-nums text-muted', height + GAP < TWO_LINES ? 'max-sm:hidden' : 'max-sm:block')}
            >
              {formatValue(value)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
