'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs'
import { useAppScope } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { Segmented } from '#app/_ui/segmented.tsx'
import { ErrorState } from '#app/_ui/states.tsx'
import { FirstUse } from '../../_components/first-use.tsx'
import { StaleNotice } from '../../_components/stale-notice.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { HealthStats, LoadingNotice } from './health.tsx'
import { QuotaUse } from './quota-use.tsx'
import { Reasons } from './reasons.tsx'
import { Throughput } from './throughput.tsx'

const WINDOWS = ['1h', '24h', '7d'] as const
const OPTIONS = [
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
] as const

/** How the app's events come in, refreshed every few seconds. */
export function IngestionRoom() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const [window, setWindow] = useQueryState(
    'window',
    parseAsStringLiteral(WINDOWS).withDefault('24h').withOptions({ history: 'push' }),
  )
  const [, setCode] = useQueryState('code', parseAsString.withOptions({ history: 'push' }))
  const showReason = (code: string) => {
    void setCode(code)
    document.getElementById('rejected')?.scrollIntoView()
  }
  const health = useQuery(trpc.ingestion.health.queryOptions(scope, { refetchInterval: 5_000 }))
  const overview = useQuery(
    trpc.ingestion.overview.queryOptions(
      { ...scope, window },
      { refetchInterval: window === '7d' ? 60_000 : 10_000, placeholderData: keepPreviousData },
    ),
  )
  const data = overview.data
  const nothingYet = health.data?.newestArrival === null && data?.totals.rejected === 0 && data.totals.refused === 0
  return (
    <PageBody>
      <PageHeader
        title="Ingestion"
        purpose="What arrives, how soon it can be queried, and what was not accepted. Nothing is dropped silently."
        actions={
          <Segmented label="Window" value={window} onChange={(next) => void setWindow(next)} options={OPTIONS} />
        }
      />
      <div className="flex flex-col gap-4">
        {health.data && <LoadingNotice lag={health.data.lag} />}
        {overview.isError && !data ? (
          <ErrorState error={overview.error} retry={() => void overview.refetch()} />
        ) : (
          <>
            {(overview.isError || health.isError) && (
              <StaleNotice
                error={overview.error ?? health.error}
                retry={() => {
                  void overview.refetch()
                  void health.refetch()
                }}
              />
            )}
            <HealthStats overview={data} health={health.data} />
            {nothingYet ? <FirstUse /> : <Throughput overview={data} stale={overview.isPlaceholderData} />}
            <QuotaUse />
            {data && <Reasons overview={data} onOpen={showReason} />}
          </>
        )}
        <DeadLetters reasons={data?.rejectedByCode ?? []} />
      </div>
    </PageBody>
  )
}
