export { type Column, downloadText, type Sort, toCsv } from './columns.ts'
export { DataTable } from './data-table.tsx'
