'use client'
import { formatNumber } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Card } from '#app/_ui/card.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { refusedAdvice, refusedWord } from './words.ts'

type Overview = Outputs['ingestion']['overview']
type Row = Overview['refusedByReason'][number]

const COLUMNS: Column<Row>[] = [
  { id: 'reason', title: 'Reason', value: (row) => refusedWord(row.reason) },
  {
    id: 'key',
    title: 'Key',
    value: (row) => row.keyName || row.keyId,
    cell: (row) => row.keyName || <span className="text-faint">{row.keyId} (no longer there)</span>,
  },
  { id: 'count', title: 'Events', number: true, value: (row) => row.count, cell: (row) => formatNumber(row.count) },
  { id: 'advice', title: 'What happened', value: (row) => refusedAdvice(row.reason), width: 280 },
]

/** What limits turned away in the window, by reason and key. */
export function Refused({ overview }: { overview: Overview }) {
  return (
    <Card
      title="Refused by a limit"
      description="Nothing is wrong with these; they came too fast or above the plan. They were counted, not kept: the sender has them."
      padded={false}
    >
      <DataTable
        label="Refused by a limit"
        columns={COLUMNS}
        rows={overview.refusedByReason}
        rowId={(row) => `${row.reason} ${row.keyId}`}
        tools={false}
      />
    </Card>
  )
}
