'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ArrowLeft } from 'lucide-react'
import Link from 'next/link'
import { parseAsInteger, useQueryState } from 'nuqs'
import { useAppScope } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Button } from '#app/_ui/button.tsx'
import { CopyButton } from '#app/_ui/copy.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { describeError, EmptyState, ErrorState, Skeleton } from '#app/_ui/states.tsx'
import type { Decision } from '../../_components/words.ts'
import { Explanation } from './explanation.tsx'
import { NetworkClaims } from './network-claims.tsx'

/** One install's decision explained: the outcome in words, the timeline, every candidate, what came before. */
export function DecisionRoom({ deviceId }: { deviceId: string }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const [version, setVersion] = useQueryState('decision', parseAsInteger.withOptions({ history: 'push' }))
  const decision = useQuery(
    trpc.attribution.decision.queryOptions(
      { ...scope, deviceId, history: true },
      { placeholderData: keepPreviousData, refetchInterval: 10_000 },
    ),
  )
  const current = decision.data
  const all: Decision[] = current ? [current, ...(current.history ?? [])] : []
  const shown = all.find((one) => one.version === version) ?? all[0]

  return (
    <PageBody>
      <PageHeader
        breadcrumb={
          <Link
            href={`/${scope.org}/${scope.app}/installs`}
            className="mb-1 inline-flex items-center gap-1 text-sm text-muted hover:text-ink"
          >
            <ArrowLeft className="size-4" aria-hidden /> Installs
          </Link>
        }
        title="Why did this install go there?"
        purpose={
          <span className="flex flex-wrap items-center gap-1">
            Device <code className="font-mono break-all">{deviceId}</code>
            <CopyButton text={deviceId} label="Copy device id" />
          </span>
        }
      />
      {decision.isPending ? (
        <div role="status" aria-label="Loading" className="flex flex-col gap-4">
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-40 w-full" />
          <Skeleton className="h-56 w-full" />
        </div>
      ) : shown ? (
        <Explanation
          decision={shown}
          all={all}
          reengagements={current?.reengagements ?? []}
          now={decision.dataUpdatedAt}
          onChoose={(next) => void setVersion(next)}
        />
      ) : describeError(decision.error).code === 'NOT_FOUND' ? (
        <EmptyState
          title="No decision about this device yet"
          action={<Button onClick={() => void decision.refetch()}>Look again</Button>}
        >
          An install is decided seconds after its event arrived. If it does not appear, look whether the event was
          rejected and whether the device id is written exactly so.
        </EmptyState>
      ) : (
        <ErrorState error={decision.error} retry={() => void decision.refetch()} />
      )}
      {shown && <NetworkClaims deviceId={deviceId} />}
    </PageBody>
  )
}
