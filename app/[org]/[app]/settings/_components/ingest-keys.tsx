'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApp, useAppScope, useCan } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Dialog, DialogClose } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Checkbox, Input } from '#app/_ui/input.tsx'
import { describeError, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { toast } from '#app/_ui/toast.tsx'

type IngestKey = Outputs['apps']['ingestKeys'][number]

/** The app's write-only keys: copy, create another, revoke. */
export function IngestKeys() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const scope = useAppScope()
  const mayWrite = useCan('keys:write')
  const [withRevoked, setWithRevoked] = useState(false)
  const [revoking, setRevoking] = useState<IngestKey | null>(null)
  const keys = useQuery(trpc.apps.ingestKeys.queryOptions(scope))
  const refresh = () => queryClient.invalidateQueries(trpc.apps.ingestKeys.queryFilter(scope))
  const create = useMutation(
    trpc.apps.createIngestKey.mutationOptions({
      onSuccess: () => toast.done('Ingest key created.'),
      onError: (error) => toast.failed(describeError(error).message),
      onSettled: refresh,
    }),
  )
  const revoked = keys.data?.filter((key) => key.revokedAt) ?? []
  const shown = keys.data?.filter((key) => withRevoked || !key.revokedAt) ?? []
  return (
    <Card
      title="Ingest keys"
      description="Devices send events with one. It can only write, so it may ship inside the app."
      actions={
        mayWrite && (
          <Button pending={create.isPending} onClick={() => create.mutate(scope)}>
            Create key
          </Button>
        )
      }
    >
      {keys.isPending ? (
        <TableSkeleton rows={2} />
      ) : keys.isError ? (
        <ErrorState error={keys.error} retry={() => void keys.refetch()} className="py-4" />
      ) : (
        <div className="flex flex-col gap-3">
          {shown.length === 0 && (
            <p className="text-sm text-muted">No key is in use. Without one, devices cannot send events.</p>
          )}
          <ul className="flex flex-col gap-3">
            {shown.map((key) => (
              <li key={key.id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <CopyField value={key.key} label="Copy the ingest key" className="min-w-0 flex-1 basis-72" />
                <KeyTimes ingestKey={key} />
                {key.revokedAt ? (
                  <Badge>Revoked</Badge>
                ) : (
                  mayWrite && (
                    <Button size="sm" variant="ghost" onClick={() => setRevoking(key)}>
                      Revoke
                    </Button>
                  )
                )}
              </li>
            ))}
          </ul>
          {revoked.length > 0 && (
            <Checkbox
              label={`Show revoked keys (${revoked.length})`}
              checked={withRevoked}
              onChange={(event) => setWithRevoked(event.target.checked)}
            />
          )}
        </div>
      )}
      <RevokeDialog
        ingestKey={revoking}
        onClose={() => setRevoking(null)}
        onDone={() => {
          setRevoking(null)
          void refresh()
        }}
      />
    </Card>
  )
}

function KeyTimes({ ingestKey }: { ingestKey: IngestKey }) {
  const { timezone } = useApp()
  return (
    <span className="text-xs text-muted">
      {ingestKey.lastUsedAt ? `Last used ${formatDateTime(ingestKey.lastUsedAt, timezone)}` : 'Never used'}
    </span>
  )
}

/** Revoking cannot be undone, so it asks for the key's last characters. */
function RevokeDialog({
  ingestKey,
  onClose,
  onDone,
}: {
  ingestKey: IngestKey | null
  onClose: () => void
  onDone: () => void
}) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const [typed, setTyped] = useState('')
  const last = ingestKey?.key.slice(-4) ?? ''
  const revoke = useMutation(
    trpc.apps.revokeIngestKey.mutationOptions({
      onSuccess: () => {
        toast.done('Ingest key revoked.')
        setTyped('')
        onDone()
      },
    }),
  )
  return (
    <Dialog
      open={ingestKey !== null}
      onOpenChange={(open) => {
        if (open) return
        setTyped('')
        revoke.reset()
        onClose()
      }}
      title="Revoke this ingest key?"
      description="Installed apps that carry it stop reporting within a second. This cannot be undone."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (ingestKey && typed === last) revoke.mutate({ ...scope, id: ingestKey.id })
        }}
      >
        <Field
          label={`Type the key’s last four characters: ${last}`}
          error={revoke.isError ? describeError(revoke.error).message : null}
        >
          {(control) => (
            <Input {...control} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <DialogClose>
            <Button>Keep it</Button>
          </DialogClose>
          <Button type="submit" variant="danger" disabled={typed !== last} pending={revoke.isPending}>
            Revoke key
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
