'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowRightLeft } from 'lucide-react'
import { parseAsString, useQueryState } from 'nuqs'
import { useState } from 'react'
import { useCan, useConsole } from '#app/_lib/console.tsx'
import { formatDay } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { SearchInput } from '#app/_ui/filters.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { ImportRatesDialog } from './import-rates-dialog.tsx'

interface RateRow {
  base: string
  quote: string
  day: string
  rate: number
}

const columns: Column<RateRow>[] = [
  { id: 'day', title: 'Day', value: (row) => row.day, cell: (row) => formatDay(row.day, true) },
  { id: 'base', title: 'One unit of', value: (row) => row.base },
  { id: 'quote', title: 'Costs, in', value: (row) => row.quote },
  {
    id: 'rate',
    title: 'Rate',
    number: true,
    value: (row) => row.rate,
    cell: (row) => new Intl.NumberFormat('en', { maximumSignificantDigits: 8 }).format(row.rate),
  },
]

/** Imported exchange rates, and the way to add more. */
export function Rates() {
  const { org } = useConsole()
  const mayWrite = useCan('rates:write')
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [search, setSearch] = useQueryState('search', parseAsString.withDefault(''))
  const [importing, setImporting] = useState(false)
  const rates = useQuery(trpc.rates.list.queryOptions({ org: org.slug }))
  const wanted = search.toUpperCase()
  const rows = rates.data?.rows.filter((row) => `${row.base} ${row.quote} ${row.day}`.includes(wanted))
  const action = mayWrite && (
    <Button variant="primary" onClick={() => setImporting(true)}>
      Import rates
    </Button>
  )
  return (
    <PageBody narrow>
      <PageHeader
        title="Exchange rates"
        purpose={`Money in reports is converted to ${org.reportingCurrency} by the rate of its day, or the last one of the ten days before. Without one it shows as unknown.`}
        actions={action}
      />
      <Card padded={false}>
        {rates.isError ? (
          <ErrorState error={rates.error} retry={() => rates.refetch()} />
        ) : rates.data && rows ? (
          <DataTable
            label="Exchange rates"
            name="rates"
            columns={columns}
            rows={rows}
            rowId={(row) => `${row.day} ${row.base} ${row.quote}`}
            tools={rates.data.rows.length > 0}
            toolbar={
              rates.data.rows.length > 0 && (
                <>
                  <SearchInput
                    label="Search currency or day"
                    value={search}
                    onChange={(text) => setSearch(text || null)}
                  />
                  {rates.data.latestDay && (
                    <span className="text-sm text-muted">Newest: {formatDay(rates.data.latestDay, true)}</span>
                  )}
                </>
              )
            }
            empty={
              rates.data.rows.length > 0 ? (
                <EmptyState title="No match">No rate here contains “{search}”.</EmptyState>
              ) : (
                <EmptyState icon={<ArrowRightLeft />} title="No rates yet" action={action}>
                  Amounts in {org.reportingCurrency} need none. Amounts in other currencies show as unknown until you
                  import rates.
                </EmptyState>
              )
            }
          />
        ) : (
          <TableSkeleton />
        )}
      </Card>
      {importing && (
        <ImportRatesDialog onClose={() => setImporting(false)} onImported={() => queryClient.invalidateQueries()} />
      )}
    </PageBody>
  )
}
