'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { parseAsString, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatDateTime, formatNumber, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CodeBlock } from '#app/_ui/copy.tsx'
import { cx } from '#app/_ui/cx.ts'
import { DateRangePicker, useDateRange } from '#app/_ui/date-range.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { type Filter, FilterChips } from '#app/_ui/filters.tsx'
import { Select } from '#app/_ui/input.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { adviceFor, rejectionWord } from './words.ts'

type RejectedRow = Outputs['events']['rejected']['rows'][number]

const KINDS = ['event', 'touchpoint'] as const
const filterParsers = { code: parseAsString, kind: parseAsStringLiteral(KINDS) }

/** What the collector refused: reason, field at fault and the raw text, with filters in the URL. */
export function RejectedRoom() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { timezone } = useApp()
  const range = useDateRange(timezone, '7d')
  const [filters, setFilters] = useQueryStates(filterParsers, { history: 'push' })
  const [opened, setOpened] = useQueryState('row', { history: 'push' })
  const { code, kind } = filters
  const rejected = useInfiniteQuery(
    trpc.events.rejected.infiniteQueryOptions(
      {
        ...scope,
        from: range.from,
        to: range.to,
        ...(code ? { code } : {}),
        ...(kind ? { kind } : {}),
        limit: 200,
      },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: (before) => before,
        refetchInterval: 10_000,
      },
    ),
  )
  const rows = useMemo(() => rejected.data?.pages.flatMap((page) => page.rows) ?? [], [rejected.data])
  const total = rejected.data?.pages[0]?.total
  const codes = [...new Set([...rows.map((row) => row.code), ...(code ? [code] : [])])].sort()
  const columns = useMemo(() => columnsFor(timezone), [timezone])
  const shown = rows.find((row) => row.rejectedId === opened)
  const chips: Filter[] = [
    ...(code ? [{ key: 'code', label: 'Reason', value: rejectionWord(code) }] : []),
    ...(kind ? [{ key: 'kind', label: 'Kind', value: kind }] : []),
  ]
  const clear = () => void setFilters({ code: null, kind: null })

  return (
    <PageBody>
      <PageHeader
        title="Rejected events"
        purpose="What arrived but could not be accepted, with the reason and the field at fault. Nothing is dropped silently."
        actions={<DateRangePicker range={range} />}
      />
      <Card padded={false} className={cx(rejected.isPlaceholderData && 'opacity-60')}>
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
                <Select
                  aria-label="Reason"
                  className="w-auto max-sm:min-w-[40%] max-sm:flex-auto"
                  value={code ?? ''}
                  onChange={(event) => void setFilters({ code: event.target.value || null })}
                >
                  <option value="">Any reason</option>
                  {codes.map((one) => (
                    <option key={one} value={one}>
                      {rejectionWord(one)}
                    </option>
                  ))}
                </Select>
                <Select
                  aria-label="Kind"
                  className="w-auto max-sm:min-w-[40%] max-sm:flex-auto"
                  value={kind ?? ''}
                  onChange={(event) =>
                    void setFilters({ kind: KINDS.find((one) => one === event.target.value) ?? null })
                  }
                >
                  <option value="">Events and touchpoints</option>
                  <option value="event">Events</option>
                  <option value="touchpoint">Touchpoints</option>
                </Select>
                <FilterChips filters={chips} onRemove={(key) => void setFilters({ [key]: null })} onClear={clear} />
                {total !== undefined && <span className="text-sm text-muted">{formatNumber(total)} in these days</span>}
              </>
            }
            empty={
              chips.length > 0 ? (
                <EmptyState title="Nothing fits the filters" action={<Button onClick={clear}>Clear filters</Button>} />
              ) : (
                <EmptyState icon={<CircleCheck />} title="Nothing was rejected">
                  Everything that arrived in these days was accepted. A refused event appears here with its reason.
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
        {shown && <Details row={shown} />}
      </Dialog>
    </PageBody>
  )
}

function Details({ row }: { row: RejectedRow }) {
  const advice = adviceFor(row.code)
  return (
    <div className="flex flex-col gap-3">
      <p>{row.message}</p>
      {advice && <p className="text-muted">{advice}</p>}
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
        <dt className="text-muted">Field</dt>
        <dd className="font-mono break-all">{row.field || '–'}</dd>
        <dt className="text-muted">Code</dt>
        <dd className="font-mono">{row.code}</dd>
        <dt className="text-muted">Kind</dt>
        <dd>{row.kind}</dd>
      </dl>
      <CodeBlock snippets={[{ title: 'raw text', code: pretty(row.raw) }]} />
    </div>
  )
}

/** Indented where it is JSON; as it came where it is not, because that may be the very reason. */
function pretty(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2)
  } catch {
    return raw
  }
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
    { id: 'kind', title: 'Kind', value: (row) => row.kind },
    {
      id: 'raw',
      title: 'Raw',
      value: (row) => row.raw,
      cell: (row) => <code className="font-mono text-xs text-muted">{row.raw.slice(0, 120)}</code>,
    },
  ]
}
