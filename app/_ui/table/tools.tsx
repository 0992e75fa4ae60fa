'use client'
import { Columns3, Download } from 'lucide-react'
import { IconButton } from '../button.tsx'
import { Menu, MenuCheckbox, MenuLabel, MenuSeparator } from '../menu.tsx'
import { type Column, downloadText, toCsv } from './columns.ts'
import type { TablePreferences } from './preferences.ts'

/** Column choice, density and CSV download of a DataTable. */
export function TableTools<Row>({
  columns,
  shown,
  rows,
  fileName,
  preferences,
  onChange,
}: {
  columns: readonly Column<Row>[]
  shown: readonly Column<Row>[]
  rows: readonly Row[]
  fileName: string
  preferences: TablePreferences
  onChange: (next: TablePreferences) => void
}) {
  return (
    <div className="flex shrink-0 items-center">
      <Menu
        label="Table view"
        trigger={
          <IconButton label="Columns and density">
            <Columns3 />
          </IconButton>
        }
      >
        <MenuLabel>Columns</MenuLabel>
        {columns.map((column) => {
          const checked = shown.includes(column)
          return (
            <MenuCheckbox
              key={column.id}
              checked={checked}
              onChange={(next) => {
                if (next || shown.length > 1)
                  onChange({ ...preferences, columns: { ...preferences.columns, [column.id]: next } })
              }}
            >
              {column.title}
            </MenuCheckbox>
          )
        })}
        <MenuSeparator />
        <MenuCheckbox checked={preferences.compact} onChange={(compact) => onChange({ ...preferences, compact })}>
          Compact rows
        </MenuCheckbox>
      </Menu>
      <IconButton label="Download CSV" onClick={() => downloadText(`${fileName}.csv`, toCsv(rows, shown))}>
        <Download />
      </IconButton>
    </div>
  )
}
