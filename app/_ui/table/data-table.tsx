'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react'
import { cx } from '../cx.ts'
import { EmptyState } from '../states.tsx'
import { type Column, type Sort, sortRows } from './columns.ts'
import { FIRST_ON_PHONES, TableHead } from './head.tsx'
import { useTablePreferences } from './preferences.ts'
import { TableTools } from './tools.tsx'

const VIRTUAL_FROM = 100
const OVERSCAN = 12

/**
 * The one table: sorting by head, sticky head and totals, column choice, density, keyboard movement (arrows, Home, End,
 * Enter), CSV download, and only the visible rows in the document past 100.
 * @example
 * <DataTable label="Links" name="links" columns={columns} rows={rows} rowId={(row) => row.linkId}
 *   sort={sort} onSort={setSort} onOpen={(row) => router.push(row.href)} empty={<EmptyState title="No links yet" />} />
 */
export function DataTable<Row>({
  label,
  name,
  columns,
  rows,
  rowId,
  sort: givenSort,
  onSort,
  defaultSort = null,
  onOpen,
  totals,
  toolbar,
  empty,
  footer,
  tools = true,
}: {
  /** Names the table for screen readers. */
  label: string
  /** Key under which column choice and density are kept; also the name of the CSV file. */
  name?: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowId: (row: Row) => string
  /** Controlled order (kept in the URL by the caller); absent: the table keeps it. */
  sort?: Sort | null
  onSort?: (sort: Sort | null) => void
  defaultSort?: Sort | null
  /** Opens a row by click or Enter. Cells with links and buttons of their own keep them. */
  onOpen?: (row: Row) => void
  /** Shows the totals row, made of the columns' `total`. */
  totals?: boolean
  /** Search and filters, left above the table. */
  toolbar?: ReactNode
  /** Shown in place of rows when there are none. */
  empty?: ReactNode
  /** Below the rows, such as a "Load more" button. */
  footer?: ReactNode
  /** false: no column choice, density and download. */
  tools?: boolean
}) {
  const [ownSort, setOwnSort] = useState(defaultSort)
  const sort = givenSort === undefined ? ownSort : givenSort
  const [preferences, setPreferences] = useTablePreferences(name)
  const [active, setActive] = useState(0)
  const scroller = useRef<HTMLDivElement>(null)
  const shown = columns.filter((column) => preferences.columns[column.id] ?? !column.optional)
  const sorted = useMemo(() => sortRows(rows, columns, sort), [rows, columns, sort])
  const height = preferences.compact ? 28 : 36
  const isVirtual = sorted.length > VIRTUAL_FROM
  const virtualizer = useVirtualizer({
    count: isVirtual ? sorted.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
  })
  const items = virtualizer.getVirtualItems()
  const indexes = isVirtual ? items.map((item) => item.index) : sorted.map((_, index) => index)
  const before = isVirtual ? (items[0]?.start ?? 0) : 0
  const after = isVirtual ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0

  const move = (index: number) => {
    const next = Math.max(0, Math.min(sorted.length - 1, index))
    setActive(next)
    if (isVirtual) virtualizer.scrollToIndex(next)
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`tr[data-index="${next}"]`)?.focus({ preventScroll: isVirtual }),
    )
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>, index: number, row: Row) => {
    if (event.target !== event.currentTarget) return
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: sorted.length - 1 }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      move(to)
    } else if (event.key === 'Enter' && onOpen) onOpen(row)
  }

  return (
    <div className="min-w-0">
      {(toolbar || tools) && (
        <div className="flex flex-wrap items-center justify-between gap-2 px-3 py-2">
          <div className="flex min-w-0 flex-1 flex-wrap items-center gap-2">{toolbar}</div>
          {tools && (
            <TableTools
              columns={columns}
              shown={shown}
              rows={sorted}
              fileName={name ?? 'table'}
              preferences={preferences}
              onChange={setPreferences}
            />
          )}
        </div>
      )}
      {sorted.length === 0 ? (
        (empty ?? <EmptyState title="Nothing here">No row fits. Change the dates or remove a filter.</EmptyState>)
      ) : (
        <div
          ref={scroller}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
          tabIndex={0}
          className="relative max-h-[76dvh] overflow-auto border-t border-line outline-offset-[-2px]"
        >
          <table
            className="w-full border-separate border-spacing-0 text-sm"
            aria-label={label}
            aria-rowcount={sorted.length + 1}
          >
            <TableHead columns={shown} sort={sort} onSort={onSort ?? setOwnSort} />
            <tbody>
              {before > 0 && <tr aria-hidden style={{ height: before }} />}
              {indexes.map((index) => {
                const row = sorted[index]
                if (row === undefined) return null
                return (
                  <tr
                    key={rowId(row)}
                    data-index={index}
                    aria-rowindex={index + 2}
                    tabIndex={onOpen ? (index === Math.min(active, sorted.length - 1) ? 0 : -1) : undefined}
                    onFocus={() => setActive(index)}
                    onKeyDown={(event) => onKeyDown(event, index, row)}
                    onClick={(event) => {
                      const own = (event.target as HTMLElement).closest('a,button,input,label')
                      if (onOpen && !own && !window.getSelection()?.toString()) onOpen(row)
                    }}
                    style={{ height }}
                    className={cx('outline-offset-[-2px] hover:bg-hover', onOpen && 'cursor-pointer')}
                  >
                    {shown.map((column) => (
                      <td
                        key={column.id}
                        className={cx(
                          'max-w-80 truncate border-b border-line px-3',
                          column === shown[0] && FIRST_ON_PHONES,
                          column.number && 'text-right',
                          preferences.compact && 'text-xs',
                        )}
                      >
                        {column.cell ? column.cell(row) : column.value(row)}
                      </td>
                    ))}
                  </tr>
                )
              })}
              {after > 0 && <tr aria-hidden style={{ height: after }} />}
            </tbody>
            {totals && (
              <tfoot className="sticky bottom-0 z-10 bg-surface font-semibold">
                <tr style={{ height }}>
                  {shown.map((column) => (
                    <td
                      key={column.id}
                      className={cx(
                        'border-t border-line-strong/60 px-3',
                        column === shown[0] && FIRST_ON_PHONES,
                        column.number && 'text-right',
                      )}
                    >
                      {column.total}
                    </td>
                  ))}
                </tr>
              </tfoot>
            )}
          </table>
        </div>
      )}
      {footer && <div className="flex justify-center border-t border-line px-3 py-2">{footer}</div>}
    </div>
  )
}
