import type { ReactNode } from 'react'

/** One column of a DataTable. */
export interface Column<Row> {
  id: string
  /** Shown in the head and in the column choice. */
  title: string
  /** Replaces the title in the head, such as a Definition. */
  head?: ReactNode
  /** What the column sorts by and exports; null stands for unknown and always sorts last. */
  value: (row: Row) => string | number | null
  /** How it is shown; the value as it is when absent. */
  cell?: (row: Row) => ReactNode
  /** The cell of the totals row. */
  total?: ReactNode
  /** Numbers are right-aligned by `number: true`, and sort from high to low first. */
  number?: boolean
  /** Minimum width in pixels. */
  width?: number
  /** false: the head does not sort. */
  sortable?: boolean
  /** Hidden until the user chooses it. */
  optional?: boolean
}

/** A column id and a direction. */
export interface Sort {
  id: string
  desc: boolean
}

/** Rows in the given order. Stable; null last in both directions. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | null,
): readonly Row[] {
  const column = columns.find(({ id }) => id === sort?.id)
  if (!sort || !column) return rows
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
  const sign = sort.desc ? -1 : 1
  return rows
    .map((row) => ({ row, value: column.value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return (a.value === null ? 1 : 0) - (b.value === null ? 1 : 0)
      if (typeof a.value === 'number' && typeof b.value === 'number') return sign * (a.value - b.value)
      return sign * collator.compare(String(a.value), String(b.value))
    })
    .map(({ row }) => row)
}

/** A cell of a CSV file (RFC 4180); a leading formula character is disarmed, because spreadsheets would run it. */
function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The table as CSV text with a head row; unknown is empty. */
export function toCsv<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [
    columns.map(({ title }) => csvCell(title)),
    ...rows.map((row) => columns.map((c) => csvCell(c.value(row)))),
  ]
  return `${lines.map((line) => line.join(',')).join('\r\n')}\r\n`
}

/** Hands the browser a text as a file to save. */
export function downloadText(name: string, text: string, type = 'text/csv'): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
