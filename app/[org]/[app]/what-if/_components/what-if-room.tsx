'use client'
import { useQuery } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useMemo, useState } from 'react'
import { settingsFieldWords, settingsValueWords } from '#app/_lib/attribution/settings-words.ts'
import { useApp, useAppScope, useCan } from '#app/_lib/console.tsx'
import { formatDateTime, formatNumber, formatPercent, UNKNOWN } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { ProgressBar } from '#app/_ui/progress-bar.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { NewWhatIf } from './new-what-if.tsx'
import { isActive, periodWords, type ReplayRow, shareOf, statusOf } from './words.ts'

const ACTIVE_MS = 1000
const QUIET_MS = 30_000

/** The app's what-ifs, and how to make one. */
export function WhatIfRoom() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const router = useRouter()
  const { timezone } = useApp()
  const mayRun = useCan('replays:write')
  const [making, setMaking] = useState(false)
  const replays = useQuery(
    trpc.replays.list.queryOptions(scope, {
      refetchInterval: (query) => (query.state.data?.some(isActive) ? ACTIVE_MS : QUIET_MS),
    }),
  )
  const columns = useMemo(() => columnsFor(timezone), [timezone])
  const open = (id: string) => router.push(`/${scope.org}/${scope.app}/what-if/${id}`)
  const action = mayRun && (
    <Button variant="primary" onClick={() => setMaking(true)}>
      New what-if
    </Button>
  )
  return (
    <PageBody>
      <PageHeader
        title="What-if"
        purpose="Decide the installs of a period again under other settings, and see what would move. Nothing in reports changes."
        actions={action}
      />
      <Card padded={false}>
        {replays.isError ? (
          <ErrorState error={replays.error} retry={() => void replays.refetch()} />
        ) : replays.data ? (
          <DataTable
            label="What-ifs"
            name="what-ifs"
            columns={columns}
            rows={replays.data}
            rowId={(row) => row.id}
            onOpen={(row) => open(row.id)}
            tools={replays.data.length > 0}
            empty={
              <EmptyState icon={<FlaskConical />} title="No what-ifs yet" action={action}>
                {mayRun
                  ? 'Choose a period and, say, a click window of one day: the stored installs are decided again, and you see which sources win and lose.'
                  : 'Analysts, admins and owners can run them; you will see their results here.'}
              </EmptyState>
            }
          />
        ) : (
          <TableSkeleton rows={4} />
        )}
      </Card>
      {making && <NewWhatIf onClose={() => setMaking(false)} onMade={open} />}
    </PageBody>
  )
}

function changesText({ changes, timezone }: ReplayRow): string {
  if (changes.length === 0) return 'nothing'
  return changes
    .map(({ field, to }) => `${settingsFieldWords(field)}: ${settingsValueWords(field, to, timezone)}`)
    .join('; ')
}

function columnsFor(timeZone: string): Column<ReplayRow>[] {
  return [
    { id: 'name', title: 'Name', value: (row) => row.name, width: 180 },
    {
      id: 'status',
      title: 'Status',
      value: (row) => row.status,
      cell: (row) => {
        const { word, tone } = statusOf(row)
        if (row.status === 'running') return <ProgressBar label={`${word}: ${row.name}`} share={shareOf(row)} />
        return <Badge tone={tone}>{word}</Badge>
      },
    },
    { id: 'period', title: 'Period', value: (row) => row.from, cell: periodWords },
    { id: 'changes', title: 'Tries', value: changesText, width: 220 },
    {
      id: 'installs',
      title: 'Installs',
      number: true,
      value: (row) => (row.installsTotal === 0 && row.status !== 'done' ? null : row.installsTotal),
      cell: (row) => (row.installsTotal === 0 && row.status !== 'done' ? UNKNOWN : formatNumber(row.installsTotal)),
    },
    {
      id: 'moved',
      title: 'Move',
      number: true,
      value: (row) => row.summary?.moved ?? null,
      cell: (row) => {
        if (!row.summary || row.installsTotal === 0) return UNKNOWN
        return formatPercent(row.summary.moved / row.installsTotal)
      },
    },
    { id: 'author', title: 'By', value: (row) => row.author, optional: true },
    {
      id: 'created',
      title: 'Made',
      value: (row) => row.createdAt.getTime(),
      cell: (row) => formatDateTime(row.createdAt, timeZone),
      width: 160,
    },
  ]
}
