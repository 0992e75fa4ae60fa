'use client'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { cx } from '../cx.ts'
import type { Column, Sort } from './columns.ts'

/** On a narrow screen the first column stays while the others scroll. */
export const FIRST_ON_PHONES = 'max-sm:sticky max-sm:left-0 max-sm:max-w-36 max-sm:bg-surface'

/** The order after a press on a head: first the useful direction, then the other, then none. */
function nextSort(column: { id: string; number?: boolean }, sort: Sort | null): Sort | null {
  const first = Boolean(column.number)
  if (sort?.id !== column.id) return { id: column.id, desc: first }
  return sort.desc === first ? { id: column.id, desc: !first } : null
}

/** The sticky head of a DataTable; sorts by press. */
export function TableHead<Row>({
  columns,
  sort,
  onSort,
}: {
  columns: readonly Column<Row>[]
  sort: Sort | null
  onSort: (sort: Sort | null) => void
}) {
  return (
    <thead className="sticky top-0 z-10 bg-surface text-left text-xs text-muted">
      <tr className="h-9">
        {columns.map((column) => {
          const sorted = sort?.id === column.id ? (sort.desc ? 'descending' : 'ascending') : undefined
          const Arrow = sorted === 'ascending' ? ArrowUp : ArrowDown
          const arrow = (
            <Arrow className={cx('size-3 shrink-0', !sorted && 'opacity-0 group-hover:opacity-60')} aria-hidden />
          )
          return (
            <th
              key={column.id}
              scope="col"
              aria-sort={sorted}
              style={column.width ? { minWidth: column.width } : undefined}
              className={cx(
                'border-b border-line px-3 font-medium whitespace-nowrap',
                column === columns[0] && FIRST_ON_PHONES,
                column.number && 'text-right',
              )}
            >
              {column.sortable === false ? (
                (column.head ?? column.title)
              ) : (
                <span className={cx('group inline-flex items-center gap-1', column.number && 'flex-row-reverse')}>
                  {column.head}
                  <button
                    type="button"
                    onClick={() => onSort(nextSort(column, sort))}
                    aria-label={column.head ? `Sort by ${column.title}` : undefined}
                    className={cx('inline-flex min-h-6 items-center gap-1 hover:text-ink', sorted && 'text-ink')}
                  >
                    {column.number && arrow}
                    {!column.head && column.title}
                    {!column.number && arrow}
                  </button>
                </span>
              )}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}
