'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { parseAsString, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs'
import { useMemo, useState } from 'react'
import { useApp, useAppScope, useCan } from '#app/_lib/console.tsx'
import { formatDateTime, formatNumber, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { cx } from '#app/_ui/cx.ts'
import { DateRangePicker, useDateRange } from '#app/_ui/date-range.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { KINDS, LetterFilters, STATES } from './letter-filters.tsx'
import { LetterSheet } from './letter-sheet.tsx'
import { type RejectedRow, ReplayBadge } from './replay-badge.tsx'
import { ReplayDialog } from './replay-dialog.tsx'
import { rejectionWord } from './words.ts'

type Reason = Outputs['ingestion']['overview']['rejectedByCode'][number]

const filterParsers = {
  code: parseAsString,
  kind: parseAsStringLiteral(KINDS),
  state: parseAsStringLiteral(STATES),
}

/**
 * What the collector could not accept: reason, field at fault and the text that was sent, with filters in the URL; one or
 * all of a filter can be sent again.
 */
export function DeadLetters({ reasons }: { reasons: readonly Reason[] }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { timezone } = useApp()
  const mayReplay = useCan('events:write')
  const range = useDateRange(timezone, '7d')
  const [filters, setFilters] = useQueryStates(filterParsers, { history: 'push' })
  const [opened, setOpened] = useQueryState('row', { history: 'push' })
  const [replaying, setReplaying] = useState(false)
  const { code, kind, state } = filters
  const chosen = { ...(code ? { code } : {}), ...(kind ? { kind } : {}) }
  const days = { from: range.from, to: range.to }
  const rejected = useInfiniteQuery(
    trpc.events.rejected.infiniteQueryOptions(
      { ...scope, ...days, ...chosen, ...(state ? { state } : {}), limit: 200 },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: (before) => before,
        refetchInterval: 10_000,
      },
    ),
  )
  const rows = useMemo(() => rejected.data?.pages.flatMap((page) => page.rows) ?? [], [rejected.data])
  const total = rejected.data?.pages[0]?.total
  const codes = [...reasons.map((reason) => reason.code), ...rows.map((row) => row.code), ...(code ? [code] : [])]
  const columns = useMemo(() => columnsFor(timezone), [timezone])
  const shown = rows.find((row) => row.rejectedId === opened)
  const clear = () => void setFilters({ code: null, kind: null, state: null })
  const filtered = code !== null || kind !== null || state !== null

  return (
    <section id="rejected" aria-label="Rejected events" className="scroll-mt-16">
      <Card
        title="Rejected events"
        description="What could not be accepted, with the reason and the field at fault. It is kept, and can be sent again once the cause is gone."
        actions={
          <>
            <DateRangePicker range={range} />
            {mayReplay && (
              <Button disabled={!total || state === 'replayed'} onClick={() => setReplaying(true)}>
                Send again…
              </Button>
            )}
          </>
        }
        padded={false}
        className={cx(rejected.isPlaceholderData && 'opacity-60')}
      >
        {rejected.isPending ? (
          <TableSkeleton rows={10} />
        ) : rejected.isError ? (
          <ErrorState error={rejected.error} retry={() => void rejected.refetch()} />
        ) : (
          <DataTable
            label="Rejected events"
            name="rejected-events"
            columns={columns}
            rows={rows}
            rowId={(row) => row.rejectedId}
            onOpen={(row) => void setOpened(row.rejectedId)}
            toolbar={
              <>
                <LetterFilters codes={[...new Set(codes)].sort()} filters={filters} onChange={setFilters} />
                {total !== undefined && <span className="text-sm text-muted">{formatNumber(total)} in these days</span>}
              </>
            }
            empty={
              filtered ? (
                <EmptyState title="Nothing fits the filters" action={<Button onClick={clear}>Clear filters</Button>} />
              ) : (
                <EmptyState icon={<CircleCheck />} title="Nothing was rejected">
                  Everything that arrived in these days was accepted. A rejected event appears here with its reason.
                </EmptyState>
              )
            }
            footer={
              rejected.hasNextPage && (
                <Button pending={rejected.isFetchingNextPage} onClick={() => void rejected.fetchNextPage()}>
                  Show more
                </Button>
              )
            }
          />
        )}
      </Card>
      <p className="pt-2 text-xs text-faint">Times in {zoneLabel(timezone)}.</p>
      <Dialog
        side
        open={shown !== undefined}
        onOpenChange={(open) => {
          if (!open) void setOpened(null)
        }}
        title={shown ? rejectionWord(shown.code) : 'Rejected event'}
        {...(shown ? { description: `Arrived ${formatDateTime(shown.receivedAt, timezone)}` } : {})}
      >
        {shown && <LetterSheet key={shown.rejectedId} row={shown} mayReplay={mayReplay} />}
      </Dialog>
      {replaying && (
        <ReplayDialog
          selection={{ ...scope, ...days, ...chosen }}
          what={[code ? `“${rejectionWord(code)}”` : null, kind ? `${kind}s` : null]}
          onClose={() => setReplaying(false)}
        />
      )}
    </section>
  )
}

function columnsFor(timeZone: string): Column<RejectedRow>[] {
  return [
    {
      id: 'time',
      title: 'Arrived',
      value: (row) => new Date(row.receivedAt).getTime(),
      cell: (row) => formatDateTime(row.receivedAt, timeZone),
      width: 170,
    },
    {
      id: 'code',
      title: 'Reason',
      value: (row) => row.code,
      cell: (row) => <Badge tone="negative">{rejectionWord(row.code)}</Badge>,
    },
    {
      id: 'field',
      title: 'Field',
      value: (row) => row.field || null,
      cell: (row) => (row.field ? <code className="font-mono text-xs">{row.field}</code> : '–'),
    },
    { id: 'message', title: 'Message', value: (row) => row.message, width: 240 },
    {
      id: 'replay',
      title: 'Sent again',
      value: (row) => (row.replay ? (row.replay.accepted ? 'accepted' : 'refused again') : ''),
      cell: (row) => <ReplayBadge replay={row.replay} />,
    },
    { id: 'kind', title: 'Kind', value: (row) => row.kind },
    {
      id: 'raw',
      title: 'Raw',
      value: (row) => row.raw,
      cell: (row) => <code className="font-mono text-xs text-muted">{row.raw.slice(0, 120)}</code>,
    },
  ]
}
