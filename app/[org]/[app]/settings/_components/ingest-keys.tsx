'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApp, useAppScope, useCan } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { isLive } from '#app/_lib/key-state.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Checkbox } from '#app/_ui/input.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { KeyStateBadge, LastUsed } from '../../../_components/keys/key-facts.tsx'
import { CreateIngestKey, type IngestKey, RevokeIngestKey, RotateIngestKey } from './ingest-key-dialogs.tsx'

type Doing = { what: 'create' } | { what: 'rotate' | 'revoke'; key: IngestKey }

/** The app's write-only keys: copy, create another, rotate, revoke; when each was used last. */
export function IngestKeys() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const scope = useAppScope()
  const mayWrite = useCan('keys:write')
  const [withEnded, setWithEnded] = useState(false)
  const [doing, setDoing] = useState<Doing | null>(null)
  const keys = useQuery(trpc.apps.ingestKeys.queryOptions(scope))
  const refresh = () => void queryClient.invalidateQueries(trpc.apps.ingestKeys.queryFilter(scope))
  const now = Date.now()
  const ended = keys.data?.filter((key) => !isLive(key, now)) ?? []
  const shown = keys.data?.filter((key) => withEnded || isLive(key, now)) ?? []
  const close = () => setDoing(null)
  return (
    <Card
      title="Ingest keys"
      description="Devices send events with one. It can only write, so it may ship inside the app."
      actions={mayWrite && <Button onClick={() => setDoing({ what: 'create' })}>Create key</Button>}
    >
      {keys.isPending ? (
        <TableSkeleton rows={2} />
      ) : keys.isError ? (
        <ErrorState error={keys.error} retry={() => void keys.refetch()} className="py-4" />
      ) : (
        <div className="flex flex-col gap-4">
          {shown.length === 0 && (
            <p className="text-sm text-muted">No key is in use. Without one, devices cannot send events.</p>
          )}
          <ul className="flex flex-col gap-4">
            {shown.map((key) => (
              <KeyItem
                key={key.id}
                ingestKey={key}
                onDo={mayWrite && isLive(key, now) ? (what) => setDoing({ what, key }) : undefined}
              />
            ))}
          </ul>
          {ended.length > 0 && (
            <Checkbox
              label={`Show keys that ended (${ended.length})`}
              checked={withEnded}
              onChange={(event) => setWithEnded(event.target.checked)}
            />
          )}
        </div>
      )}
      {doing?.what === 'create' && <CreateIngestKey onClose={close} onDone={refresh} />}
      {doing?.what === 'rotate' && <RotateIngestKey ingestKey={doing.key} onClose={close} onDone={refresh} />}
      {doing?.what === 'revoke' && <RevokeIngestKey ingestKey={doing.key} onClose={close} onDone={refresh} />}
    </Card>
  )
}

function KeyItem({
  ingestKey,
  onDo,
}: {
  ingestKey: IngestKey
  /** Absent: nothing can be done with it. */
  onDo: ((what: 'rotate' | 'revoke') => void) | undefined
}) {
  const { timezone } = useApp()
  const { name, key, createdAt, lastUsedAt, replacedBy } = ingestKey
  return (
    <li className="flex flex-col gap-1">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <CopyField value={key} label={`Copy the ingest key ${name}`} className="min-w-0 flex-1 basis-72" />
        {onDo && (
          <span className="flex gap-x-3">
            {replacedBy === null && (
              <Button size="sm" variant="ghost" onClick={() => onDo('rotate')}>
                Rotate
              </Button>
            )}
            <Button size="sm" variant="ghost" onClick={() => onDo('revoke')}>
              Revoke
            </Button>
          </span>
        )}
      </div>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
        {name && <span className="font-medium text-ink">{name}</span>}
        <KeyStateBadge of={ingestKey} timezone={timezone} />
        <span>
          {lastUsedAt && 'Last used '}
          <LastUsed at={lastUsedAt} timezone={timezone} />
        </span>
        <span>Created {formatDateTime(createdAt, timezone)}</span>
      </p>
    </li>
  )
}
