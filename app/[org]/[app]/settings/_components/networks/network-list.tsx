'use client'
import { useMutation } from '@tanstack/react-query'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatAgo, formatDateTime, formatNumber, formatPercent } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge, Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { describeError, EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { toast } from '#app/_ui/toast.tsx'
import { StaleNotice } from '#app/[org]/[app]/_components/stale-notice.tsx'
import { claimedShare, isFailing } from './facts.ts'

/** A network as the settings list it. */
export type Network = Outputs['networks']['list'][number]
/** A dialog about one of them. */
export interface NetworkDialogProps {
  network: Network
  onClose: () => void
  /** The network changed, or is gone. */
  onDone: () => void
}
/** What may be done with one. */
export type Action = 'edit' | 'rotate' | 'delete'

/** The networks, or why there are none to see. Figures that are only out of date stay, with the reason. */
export function NetworkList({
  networks,
  error,
  onRetry,
  onDo,
  onChanged,
}: {
  /** Absent until they have been loaded once. */
  networks: readonly Network[] | undefined
  /** Of the last try to load them; null when it went well. */
  error: unknown
  onRetry: () => void
  /** Absent: the role may not change them. */
  onDo: ((what: Action, network: Network) => void) | undefined
  onChanged: () => void
}) {
  if (networks === undefined)
    return error ? <ErrorState error={error} retry={onRetry} className="py-4" /> : <TableSkeleton rows={3} />
  return (
    <div className="flex flex-col gap-3">
      {error ? <StaleNotice error={error} retry={onRetry} title="Not up to date." /> : null}
      {!onDo && <Notice>Your role cannot change this. An owner or admin can.</Notice>}
      {networks.length === 0 ? (
        <EmptyState title="No network is asked">
          Add one with the address it gave you. It needs no link: it is told of installs and answers with its claims.
        </EmptyState>
      ) : (
        <ul className="flex flex-col">
          {networks.map((network) => (
            <NetworkItem
              key={network.id}
              network={network}
              onDo={onDo && ((what) => onDo(what, network))}
              onChanged={onChanged}
            />
          ))}
        </ul>
      )}
    </div>
  )
}

function NetworkItem({
  network,
  onDo,
  onChanged,
}: {
  network: Network
  /** Absent: the role may not change it. */
  onDo: ((what: Action) => void) | undefined
  onChanged: () => void
}) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { timezone } = useApp()
  const setEnabled = useMutation(
    trpc.networks.setEnabled.mutationOptions({
      onSuccess: (_, { enabled }) => {
        toast.done(
          enabled
            ? `${network.mediaSource} is asked about installs from now on.`
            : `${network.mediaSource} is not asked any more.`,
        )
        onChanged()
      },
      onError: (error) => toast.failed(describeError(error).message),
    }),
  )
  const { mediaSource, claimUrl, enabled, previousUntil, lastAskedAt, lastError, lastErrorAt, claims } = network
  const now = Date.now()
  const overlaps = previousUntil !== null && previousUntil.getTime() > now
  const failing = enabled && isFailing(network)
  return (
    <li className="flex flex-col gap-2 border-t border-line py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="text-sm font-semibold break-all">{mediaSource}</h3>
        {enabled ? <Badge tone="positive">On</Badge> : <Badge>Off</Badge>}
        {failing && <Badge tone="warning">Failing</Badge>}
        {onDo && (
          <span className="ml-auto flex flex-wrap gap-x-3">
            <Button size="sm" variant="ghost" aria-label={`Edit ${mediaSource}`} onClick={() => onDo('edit')}>
              Edit
            </Button>
            <Button
              size="sm"
              variant="ghost"
              aria-label={`Rotate secret of ${mediaSource}`}
              onClick={() => onDo('rotate')}
            >
              Rotate secret
            </Button>
            <Button
              size="sm"
              variant="ghost"
              aria-label={`${enabled ? 'Switch off' : 'Switch on'} ${mediaSource}`}
              pending={setEnabled.isPending}
              onClick={() => setEnabled.mutate({ ...scope, networkId: network.id, enabled: !enabled })}
            >
              {enabled ? 'Switch off' : 'Switch on'}
            </Button>
            <Button size="sm" variant="ghost" aria-label={`Delete ${mediaSource}`} onClick={() => onDo('delete')}>
              Delete
            </Button>
          </span>
        )}
      </div>
      <p className="text-xs break-all text-muted">{claimUrl}</p>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-5">
        <Fact term="Claimed, 30 days" value={formatPercent(claimedShare(claims))} />
        <Fact
          term="Claims of answers"
          value={`${formatNumber(claims.claimed)} of ${formatNumber(claims.claimed + claims.not_claimed)}`}
        />
        <Fact term="Failed" value={formatNumber(claims.failed)} />
        <Fact term="Waiting" value={formatNumber(claims.waiting)} />
        <Fact term="Last asked" value={lastAskedAt ? formatAgo(lastAskedAt, now) : 'Not yet'} />
      </dl>
      {lastError && lastErrorAt && (
        <p className={failing ? 'text-sm text-warning' : 'text-sm text-muted'}>
          Last error, {formatDateTime(lastErrorAt, timezone)}: <span className="break-words">{lastError}</span>
        </p>
      )}
      {overlaps && (
        <p className="text-xs text-muted">
          Both secrets sign until {formatDateTime(previousUntil, timezone)}. Give the new one to the network before.
        </p>
      )}
    </li>
  )
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{term}</dt>
      <dd className="text-sm tabular-nums">{value}</dd>
    </div>
  )
}
