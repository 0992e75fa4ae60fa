'use client'
import { useQuery } from '@tanstack/react-query'
import { Activity, Pause, Play } from 'lucide-react'
import Link from 'next/link'
import { parseAsString, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs'
import { useMemo, useState } from 'react'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatMoney, formatTime, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Badge, Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { cx } from '#app/_ui/cx.ts'
import { type Filter, FilterChips, SearchInput } from '#app/_ui/filters.tsx'
import { Select } from '#app/_ui/input.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { describeError, EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { EventDrawer } from './event-drawer.tsx'
import { KEPT, type LiveFilters, type LiveRow, useLiveEvents } from './use-live-events.ts'

const PLATFORMS = ['ios', 'android', 'web'] as const
const ENVIRONMENTS = ['production', 'sandbox'] as const
const PLATFORM_WORD = { ios: 'iOS', android: 'Android', web: 'Web' } as const

const filterParsers = {
  search: parseAsString.withDefault(''),
  event: parseAsString,
  platform: parseAsStringLiteral(PLATFORMS),
  country: parseAsString,
  environment: parseAsStringLiteral(ENVIRONMENTS),
}

/** Events as they arrive, newest first: filters in the URL, pause, and each event's raw payload. */
export function LiveRoom() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { timezone } = useApp()
  const [paused, setPaused] = useState(false)
  const [opened, setOpened] = useQueryState('payload', { history: 'push' })
  const [filters, setFilters] = useQueryStates(filterParsers)
  const { search, event, platform, country, environment } = filters
  const wanted: LiveFilters = {
    ...(search ? { search } : {}),
    ...(event ? { eventName: event } : {}),
    ...(platform ? { platform } : {}),
    ...(country ? { country } : {}),
    ...(environment ? { environment } : {}),
  }
  const live = useLiveEvents(scope, wanted, paused)
  const names = useQuery(trpc.events.names.queryOptions(scope, { staleTime: 60_000 }))
  const columns = useMemo(() => columnsFor(timezone, live.fresh), [timezone, live.fresh])
  const chips: Filter[] = [
    ...(event ? [{ key: 'event', label: 'Event', value: event }] : []),
    ...(platform ? [{ key: 'platform', label: 'Platform', value: PLATFORM_WORD[platform] }] : []),
    ...(country ? [{ key: 'country', label: 'Country', value: country }] : []),
    ...(environment ? [{ key: 'environment', label: 'Environment', value: environment }] : []),
  ]
  const clear = () => void setFilters({ search: null, event: null, platform: null, country: null, environment: null })
  const isFiltered = chips.length > 0 || search !== ''
  const rows = live.rows ?? []

  return (
    <PageBody>
      <PageHeader
        title="Live events"
        purpose="What your apps and servers send, seconds after they sent it."
        actions={
          <>
            <span role="status" className="inline-flex items-center gap-1.5 text-sm text-muted">
              <span
                aria-hidden
                className={cx(
                  'size-2 rounded-full',
                  paused ? 'bg-line-strong' : live.error ? 'bg-negative' : 'bg-positive',
                )}
              />
              {paused ? 'Paused' : live.error ? 'Trying again' : 'Listening'}
            </span>
            <Button onClick={() => setPaused(!paused)}>
              {paused ? <Play aria-hidden /> : <Pause aria-hidden />}
              {paused ? 'Go on' : 'Pause'}
            </Button>
          </>
        }
      />
      {Boolean(live.error) && live.rows && (
        <div className="pb-3">
          <Notice
            tone="negative"
            title="New events could not be loaded."
            actions={
              <Button size="sm" onClick={live.retry}>
                Try now
              </Button>
            }
          >
            {describeError(live.error).message}
          </Notice>
        </div>
      )}
      <Card padded={false}>
        {!live.rows && live.error ? (
          <ErrorState error={live.error} retry={live.retry} />
        ) : !live.rows ? (
          <TableSkeleton rows={12} />
        ) : (
          <DataTable
            label="Live events"
            name="live-events"
            columns={columns}
            rows={rows}
            rowId={(row) => row.eventId}
            onOpen={(row) => void setOpened(row.eventId)}
            toolbar={
              <>
                <SearchInput
                  label="Find a device or event id"
                  value={search}
                  onChange={(next) => void setFilters({ search: next || null })}
                />
                <Select
                  aria-label="Event name"
                  className="w-auto max-w-48 max-sm:min-w-[40%] max-sm:flex-auto"
                  value={event ?? ''}
                  onChange={(change) => void setFilters({ event: change.target.value || null })}
                >
                  <option value="">Any event</option>
                  {[...new Set([...(names.data ?? []), ...(event ? [event] : [])])].map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </Select>
                <Select
                  aria-label="Platform"
                  className="w-auto max-sm:min-w-[40%] max-sm:flex-auto"
                  value={platform ?? ''}
                  onChange={(change) =>
                    void setFilters({ platform: PLATFORMS.find((one) => one === change.target.value) ?? null })
                  }
                >
                  <option value="">Any platform</option>
                  {PLATFORMS.map((one) => (
                    <option key={one} value={one}>
                      {PLATFORM_WORD[one]}
                    </option>
                  ))}
                </Select>
                <Select
                  aria-label="Environment"
                  className="w-auto max-sm:min-w-[40%] max-sm:flex-auto"
                  value={environment ?? ''}
                  onChange={(change) =>
                    void setFilters({ environment: ENVIRONMENTS.find((one) => one === change.target.value) ?? null })
                  }
                >
                  <option value="">Any environment</option>
                  <option value="production">Production</option>
                  <option value="sandbox">Sandbox</option>
                </Select>
                <FilterChips filters={chips} onRemove={(key) => void setFilters({ [key]: null })} onClear={clear} />
              </>
            }
            empty={
              <NoEvents filtered={isFiltered} clear={clear} settings={`/${scope.org}/${scope.app}/settings#snippet`} />
            }
          />
        )}
      </Card>
      <p className="pt-2 text-xs text-faint">
        {rows.length >= KEPT && `The newest ${KEPT} events. `}Times in {zoneLabel(timezone)}.
      </p>
      <EventDrawer
        eventId={opened}
        row={rows.find((row) => row.eventId === opened)}
        onClose={() => void setOpened(null)}
        onFilter={(next) => void setFilters(next)}
      />
    </PageBody>
  )
}

function NoEvents({ filtered, clear, settings }: { filtered: boolean; clear: () => void; settings: string }) {
  return filtered ? (
    <EmptyState
      icon={<Activity />}
      title="No event fits the filters"
      action={<Button onClick={clear}>Clear filters</Button>}
    >
      Events that fit appear here as soon as they arrive.
    </EmptyState>
  ) : (
    <EmptyState
      icon={<Activity />}
      title="Waiting for your first event"
      action={
        <Button asChild>
          <Link href={settings}>Show the snippet</Link>
        </Button>
      }
    >
      Send one with the snippet from the app’s settings; it appears here within seconds. If it does not, look under
      Rejected events.
    </EmptyState>
  )
}

function columnsFor(timeZone: string, fresh: ReadonlySet<string>): Column<LiveRow>[] {
  return [
    {
      id: 'received',
      title: 'Arrived',
      value: (row) => new Date(row.receivedAt).getTime(),
      cell: (row) => (
        <span className="relative">
          {fresh.has(row.eventId) && (
            <span
              aria-hidden
              className="absolute top-1/2 -left-2.5 size-1.5 -translate-y-1/2 rounded-full bg-positive"
            />
          )}
          {formatTime(row.receivedAt, timeZone)}
        </span>
      ),
      width: 100,
    },
    {
      id: 'event',
      title: 'Event',
      value: (row) => row.eventName,
      cell: (row) => (
        <span className="inline-flex items-center gap-1 font-medium">
          {row.eventName}
          {row.environment === 'sandbox' && <Badge tone="warning">Sandbox</Badge>}
          {row.isLate && <Badge>Late</Badge>}
        </span>
      ),
      width: 150,
    },
    {
      id: 'device',
      title: 'Device id',
      value: (row) => row.deviceId,
      cell: (row) => <code className="font-mono text-xs">{row.deviceId}</code>,
    },
    { id: 'platform', title: 'Platform', value: (row) => row.platform },
    { id: 'country', title: 'Country', value: (row) => row.country || null, cell: (row) => row.country || '–' },
    {
      id: 'revenue',
      title: 'Revenue',
      value: (row) => row.revenue,
      number: true,
      cell: (row) => (row.revenue === null ? '' : formatMoney(row.revenue, row.currency)),
    },
    {
      id: 'time',
      title: 'Event time',
      value: (row) => new Date(row.eventTime).getTime(),
      cell: (row) => formatTime(row.eventTime, timeZone),
      optional: true,
    },
    {
      id: 'id',
      title: 'Event id',
      value: (row) => row.eventId,
      cell: (row) => <code className="font-mono text-xs">{row.eventId}</code>,
      optional: true,
    },
  ]
}
