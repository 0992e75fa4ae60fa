'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useAppScope, useCan } from '#app/_lib/console.tsx'
import { formatDateTime, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { describeError, ErrorState, Skeleton } from '#app/_ui/states.tsx'
import { toast } from '#app/_ui/toast.tsx'
import { SettingsChanges } from '../../_components/settings-changes.tsx'
import { hasResult, isActive, periodWords, statusOf } from '../../_components/words.ts'
import { AdoptDialog } from './adopt-dialog.tsx'
import { Result } from './result.tsx'
import { Standing } from './standing.tsx'

const ACTIVE_MS = 1000
type Replay = Outputs['replays']['get']

/** One what-if: its progress while it runs, its result, and what may become of it. */
export function ReplayRoom({ id }: { id: string }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const replay = useQuery(
    trpc.replays.get.queryOptions(
      { ...scope, id },
      { refetchInterval: (query) => (query.state.data && isActive(query.state.data) ? ACTIVE_MS : false) },
    ),
  )
  const back = (
    <Link href={`/${scope.org}/${scope.app}/what-if`} className="text-sm text-muted hover:text-ink">
      What-if
    </Link>
  )
  if (replay.isError)
    return (
      <PageBody>
        <PageHeader title="What-if" breadcrumb={back} />
        <Card padded={false}>
          <ErrorState error={replay.error} retry={() => void replay.refetch()} />
        </Card>
      </PageBody>
    )
  if (!replay.data)
    return (
      <PageBody>
        <div role="status" aria-label="Loading" className="flex flex-col gap-4">
          <Skeleton className="h-12 w-80" />
          <Skeleton className="h-24 w-full" />
        </div>
      </PageBody>
    )
  const row = replay.data
  const { word, tone } = statusOf(row)
  return (
    <PageBody>
      <PageHeader
        title={row.name}
        purpose={`Installs of ${periodWords(row)}, in ${zoneLabel(row.timezone, row.createdAt)}`}
        breadcrumb={back}
        actions={<Actions row={row} />}
      />
      <div className="flex flex-col gap-4">
        <Card>
          <div className="grid gap-4 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
            <div className="flex flex-col items-start gap-2 text-sm">
              <Badge tone={tone}>{word}</Badge>
              <p className="text-muted">
                Made {formatDateTime(row.createdAt, row.timezone)}
                {row.author && <> by {row.author}</>}
                {row.finishedAt && <>, ended {formatDateTime(row.finishedAt, row.timezone)}</>}
              </p>
              {row.status === 'done' && !row.kept && (
                <p className="text-muted">The result is removed 30 days after its end unless somebody keeps it.</p>
              )}
            </div>
            <div>
              <h2 className="pb-1 text-sm font-semibold">Tries otherwise than version {row.basedOnVersion}</h2>
              <SettingsChanges row={row} />
            </div>
          </div>
        </Card>
        <Standing row={row} />
        {hasResult(row) && <Result row={row} />}
      </div>
    </PageBody>
  )
}

/** What the person may do with it, by its state and their role. */
function Actions({ row }: { row: Replay }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const router = useRouter()
  const queries = useQueryClient()
  const mayRun = useCan('replays:write')
  const mayAdopt = useCan('settings:write')
  const [adopting, setAdopting] = useState(false)
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries(trpc.replays.get.queryFilter({ ...scope, id: row.id })),
      queries.invalidateQueries(trpc.replays.list.queryFilter(scope)),
    ])
  const failed = (error: unknown) => toast.failed(describeError(error).message)
  const cancel = useMutation(trpc.replays.cancel.mutationOptions({ onSuccess: refresh, onError: failed }))
  const keep = useMutation(trpc.replays.keep.mutationOptions({ onSuccess: refresh, onError: failed }))
  const again = useMutation(
    trpc.replays.create.mutationOptions({
      onSuccess: async (made) => {
        router.push(`/${scope.org}/${scope.app}/what-if/${made.id}`)
        await queries.invalidateQueries(trpc.replays.list.queryFilter(scope))
      },
      onError: failed,
    }),
  )
  const discard = useMutation(
    trpc.replays.discard.mutationOptions({
      onSuccess: async () => {
        toast.done(`“${row.name}” was discarded.`)
        router.push(`/${scope.org}/${scope.app}/what-if`)
        await queries.invalidateQueries(trpc.replays.list.queryFilter(scope))
      },
      onError: failed,
    }),
  )
  if (!mayRun) return null
  const id = { ...scope, id: row.id }
  const runAgain = () => {
    const { name, from, to, settings } = row
    again.mutate({ ...scope, name, from, to, settings })
  }
  if (isActive(row))
    return (
      <Button pending={cancel.isPending || row.cancelling} onClick={() => cancel.mutate(id)}>
        Cancel what-if
      </Button>
    )
  if (row.status === 'adopted') return null
  return (
    <>
      <Button pending={discard.isPending} onClick={() => discard.mutate(id)}>
        Discard
      </Button>
      {(row.status === 'failed' || row.status === 'cancelled') && (
        <Button variant="primary" pending={again.isPending} onClick={runAgain}>
          Run again
        </Button>
      )}
      {row.status === 'done' && (
        <Button pending={keep.isPending} onClick={() => keep.mutate({ ...id, keep: !row.kept })}>
          {row.kept ? 'Keep no longer' : 'Keep'}
        </Button>
      )}
      {row.status === 'done' && mayAdopt && (
        <Button variant="primary" disabled={row.changes.length === 0} onClick={() => setAdopting(true)}>
          Adopt these settings
        </Button>
      )}
      {adopting && <AdoptDialog row={row} onClose={() => setAdopting(false)} onAdopted={refresh} />}
    </>
  )
}
