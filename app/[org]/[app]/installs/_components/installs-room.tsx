'use client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Smartphone } from 'lucide-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatDateTime, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { cx } from '#app/_ui/cx.ts'
import { DateRangePicker, useDateRange } from '#app/_ui/date-range.tsx'
import { type Filter, FilterChips, SearchInput } from '#app/_ui/filters.tsx'
import { Select } from '#app/_ui/input.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { conversionWord, matchTypeWord } from './words.ts'

type InstallRow = Outputs['attribution']['installs']['rows'][number]

const OUTCOMES = ['attributed', 'organic'] as const
const MATCH_TYPES = ['install_referrer', 'click_id', 'device_id', 'probabilistic'] as const
const CONVERSION_TYPES = ['install', 'reinstall', 'reattribution'] as const
const ENVIRONMENTS = ['production', 'sandbox'] as const

const filterParsers = {
  search: parseAsString.withDefault(''),
  outcome: parseAsStringLiteral(OUTCOMES),
  matchType: parseAsStringLiteral(MATCH_TYPES),
  conversionType: parseAsStringLiteral(CONVERSION_TYPES),
  mediaSource: parseAsString,
  campaign: parseAsString,
  environment: parseAsStringLiteral(ENVIRONMENTS).withDefault('production'),
}

/** The list of installs: filters in the URL, newest first, each row leads to its "why?". */
export function InstallsRoom() {
  const trpc = useTRPC()
  const router = useRouter()
  const scope = useAppScope()
  const app = useApp()
  const range = useDateRange(app.timezone)
  const [filters, setFilters] = useQueryStates(filterParsers, { history: 'push' })
  const { search, outcome, matchType, conversionType, mediaSource, campaign, environment } = filters
  const days = { from: range.from, to: range.to }
  const installs = useInfiniteQuery(
    trpc.attribution.installs.infiniteQueryOptions(
      {
        ...scope,
        ...days,
        environment,
        ...(search ? { search } : {}),
        ...(outcome ? { outcome } : {}),
        ...(matchType ? { matchType } : {}),
        ...(conversionType ? { conversionType } : {}),
        ...(mediaSource ? { mediaSource } : {}),
        ...(campaign ? { campaign } : {}),
        limit: 200,
      },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: (before) => before },
    ),
  )
  const sources = useQuery(
    trpc.reports.dimensionValues.queryOptions({ ...scope, ...days, dimension: 'media_source' }, { staleTime: 60_000 }),
  )
  const rows = useMemo(() => installs.data?.pages.flatMap((page) => page.rows) ?? [], [installs.data])
  const base = `/${scope.org}/${scope.app}/installs`
  const columns = useMemo(() => columnsFor(base, app.timezone), [base, app.timezone])
  const chips: Filter[] = [
    ...(outcome ? [{ key: 'outcome', label: 'Outcome', value: outcome }] : []),
    ...(matchType ? [{ key: 'matchType', label: 'Match', value: matchTypeWord(matchType) }] : []),
    ...(conversionType ? [{ key: 'conversionType', label: 'Kind', value: conversionWord(conversionType) }] : []),
    ...(mediaSource ? [{ key: 'mediaSource', label: 'Media source', value: mediaSource }] : []),
    ...(campaign ? [{ key: 'campaign', label: 'Campaign', value: campaign }] : []),
    ...(environment === 'sandbox' ? [{ key: 'environment', label: 'Environment', value: 'sandbox' }] : []),
  ]
  const clear = () =>
    void setFilters({
      search: null,
      outcome: null,
      matchType: null,
      conversionType: null,
      mediaSource: null,
      campaign: null,
      environment: null,
    })

  return (
    <PageBody>
      <PageHeader
        title="Installs"
        purpose="Every install with the ad that earned it. Open one to see why."
        actions={<DateRangePicker range={range} />}
      />
      <Card padded={false} className={cx(installs.isPlaceholderData && 'opacity-60')}>
        {installs.isPending ? (
          <TableSkeleton rows={12} />
        ) : installs.isError ? (
          <ErrorState error={installs.error} retry={() => void installs.refetch()} />
        ) : (
          <DataTable
            label="Installs"
            name="installs"
            columns={columns}
            rows={rows}
            rowId={(row) => row.deviceId}
            onOpen={(row) => router.push(`${base}/${encodeURIComponent(row.deviceId)}`)}
            toolbar={
              <>
                <SearchInput
                  label="Find a device id"
                  value={search}
                  onChange={(next) => void setFilters({ search: next || null })}
                />
                <Select
                  aria-label="Outcome"
                  className="w-auto max-sm:min-w-[40%] max-sm:flex-auto"
                  value={outcome ?? ''}
                  onChange={(event) =>
                    void setFilters({ outcome: OUTCOMES.find((one) => one === event.target.value) ?? null })
                  }
                >
                  <option value="">Any outcome</option>
                  <option value="attributed">Attributed</option>
                  <option value="organic">Organic</option>
                </Select>
                <Select
                  aria-label="Media source"
                  className="w-auto max-w-44 max-sm:min-w-[40%] max-sm:flex-auto"
                  value={mediaSource ?? ''}
                  onChange={(event) => void setFilters({ mediaSource: event.target.value || null })}
                >
                  <option value="">Any media source</option>
                  {[...new Set([...(sources.data ?? []), ...(mediaSource ? [mediaSource] : [])])].map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </Select>
                <Select
                  aria-label="Match"
                  className="w-auto max-sm:min-w-[40%] max-sm:flex-auto"
                  value={matchType ?? ''}
                  onChange={(event) =>
                    void setFilters({ matchType: MATCH_TYPES.find((one) => one === event.target.value) ?? null })
                  }
                >
                  <option value="">Any match</option>
                  {MATCH_TYPES.map((one) => (
                    <option key={one} value={one}>
                      {matchTypeWord(one)}
                    </option>
                  ))}
                </Select>
                <Select
                  aria-label="Kind of install"
                  className="w-auto max-sm:min-w-[40%] max-sm:flex-auto"
                  value={conversionType ?? ''}
                  onChange={(event) =>
                    void setFilters({
                      conversionType: CONVERSION_TYPES.find((one) => one === event.target.value) ?? null,
                    })
                  }
                >
                  <option value="">Installs and reinstalls</option>
                  {CONVERSION_TYPES.map((one) => (
                    <option key={one} value={one}>
                      {conversionWord(one)}
                    </option>
                  ))}
                </Select>
                <Select
                  aria-label="Environment"
                  className="w-auto max-sm:min-w-[40%] max-sm:flex-auto"
                  value={environment}
                  onChange={(event) =>
                    void setFilters({ environment: ENVIRONMENTS.find((one) => one === event.target.value) ?? null })
                  }
                >
                  <option value="production">Production</option>
                  <option value="sandbox">Sandbox</option>
                </Select>
                <FilterChips filters={chips} onRemove={(key) => void setFilters({ [key]: null })} onClear={clear} />
              </>
            }
            empty={<NoInstalls filtered={chips.length > 0 || search !== ''} clear={clear} />}
            footer={
              installs.hasNextPage && (
                <Button pending={installs.isFetchingNextPage} onClick={() => void installs.fetchNextPage()}>
                  Show more
                </Button>
              )
            }
          />
        )}
      </Card>
      <p className="pt-2 text-xs text-faint">Times in {zoneLabel(app.timezone)}.</p>
    </PageBody>
  )
}

function NoInstalls({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  return filtered ? (
    <EmptyState icon={<Smartphone />} title="No install fits" action={<Button onClick={clear}>Clear filters</Button>}>
      Nothing in these days fits the filters. A device id is searched by its beginning.
    </EmptyState>
  ) : (
    <EmptyState icon={<Smartphone />} title="No installs in these days">
      An install appears here seconds after its <code className="font-mono">install</code> event was sent. Choose other
      days, or send one: the app’s settings hold the snippet.
    </EmptyState>
  )
}

function columnsFor(base: string, timeZone: string): Column<InstallRow>[] {
  return [
    {
      id: 'device',
      title: 'Device id',
      value: (row) => row.deviceId,
      cell: (row) => (
        <Link
          className="ui-link font-mono text-xs max-sm:block max-sm:max-w-24 max-sm:truncate"
          href={`${base}/${encodeURIComponent(row.deviceId)}`}
        >
          {row.deviceId}
        </Link>
      ),
    },
    {
      id: 'outcome',
      title: 'Outcome',
      value: (row) => row.outcome,
      cell: (row) => (
        <span className="inline-flex items-center gap-1">
          <Badge tone={row.outcome === 'attributed' ? 'positive' : 'neutral'}>
            {row.outcome === 'attributed' ? 'Attributed' : 'Organic'}
          </Badge>
          {row.conversionType !== 'install' && <Badge tone="accent">{conversionWord(row.conversionType)}</Badge>}
          {row.version > 1 && <Badge>Decided again</Badge>}
        </span>
      ),
    },
    { id: 'media_source', title: 'Media source', value: (row) => row.mediaSource },
    { id: 'campaign', title: 'Campaign', value: (row) => row.campaign || null, cell: (row) => row.campaign || '–' },
    {
      id: 'time',
      title: 'Installed',
      value: (row) => Date.parse(row.installTime),
      cell: (row) => formatDateTime(row.installTime, timeZone),
      width: 170,
    },
    {
      id: 'match',
      title: 'Matched by',
      value: (row) => row.matchType,
      cell: (row) => (row.matchType ? `${matchTypeWord(row.matchType)}, ${row.touchpointType}` : '–'),
    },
    { id: 'country', title: 'Country', value: (row) => row.country || null, cell: (row) => row.country || '–' },
    { id: 'platform', title: 'Platform', value: (row) => row.platform, optional: true },
    { id: 'version', title: 'Decision', value: (row) => row.version, number: true, optional: true },
  ]
}
