'use client'
import { formatNumber } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Card } from '#app/_ui/card.tsx'
import { cx } from '#app/_ui/cx.ts'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { refusedWord, rejectionWord } from './words.ts'

type Overview = Outputs['ingestion']['overview']
type Rejected = Overview['rejectedByCode'][number]
type Refused = Overview['refusedByReason'][number]

const count = <Row extends { count: number }>(title: string): Column<Row> => ({
  id: 'count',
  title,
  number: true,
  value: (row) => row.count,
  cell: (row) => formatNumber(row.count),
})

const REJECTED: Column<Rejected>[] = [
  { id: 'reason', title: 'Reason', value: (row) => rejectionWord(row.code) },
  { id: 'kind', title: 'Kind', value: (row) => row.kind },
  count('Rejected'),
]

const REFUSED: Column<Refused>[] = [
  { id: 'reason', title: 'Reason', value: (row) => refusedWord(row.reason) },
  {
    id: 'key',
    title: 'Key',
    value: (row) => row.keyName || row.keyId,
    cell: (row) => row.keyName || <span className="text-faint">{row.keyId} (no longer there)</span>,
  },
  count('Events'),
]

/**
 * What was not accepted in the window, by reason: rejected because something is wrong with it, refused because of a limit.
 * @param onOpen shows the rejected events of a reason
 */
export function Reasons({ overview, onOpen }: { overview: Overview; onOpen: (code: string) => void }) {
  const { rejectedByCode, refusedByReason } = overview
  if (rejectedByCode.length + refusedByReason.length === 0) return null
  return (
    <div className={cx('grid gap-4', rejectedByCode.length > 0 && refusedByReason.length > 0 && 'lg:grid-cols-2')}>
      {rejectedByCode.length > 0 && (
        <Card
          title="Rejected by reason"
          description="Something is wrong with these. They are kept: open a reason to see them."
          padded={false}
        >
          <DataTable
            label="Rejected by reason"
            columns={REJECTED}
            rows={rejectedByCode}
            rowId={(row) => `${row.code} ${row.kind}`}
            onOpen={(row) => onOpen(row.code)}
            tools={false}
          />
        </Card>
      )}
      {refusedByReason.length > 0 && (
        <Card
          title="Refused by a limit"
          description="Nothing is wrong with these. The sender was told when to send them again; they are counted, not kept."
          padded={false}
        >
          <DataTable
            label="Refused by a limit"
            columns={REFUSED}
            rows={refusedByReason}
            rowId={(row) => `${row.reason} ${row.keyId}`}
            tools={false}
          />
        </Card>
      )}
    </div>
  )
}
