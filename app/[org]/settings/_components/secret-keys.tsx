'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { useCan, useConsole } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { isLive } from '#app/_lib/key-state.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Checkbox } from '#app/_ui/input.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { KeyStateBadge, LastUsed } from '../../_components/keys/key-facts.tsx'
import { RotateDialog } from '../../_components/keys/rotate-dialog.tsx'
import { CreateKeyDialog } from './create-key-dialog.tsx'
import { RevokeKeyDialog } from './revoke-key-dialog.tsx'

type KeyRow = Outputs['keys']['list'][number]

const ZONE = 'UTC'
const DAY = 86_400_000

/** Secret keys: create (shown once), see their use, rotate, revoke. */
export function SecretKeys() {
  const { org } = useConsole()
  const mayWrite = useCan('keys:write')
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<KeyRow | null>(null)
  const [rotating, setRotating] = useState<KeyRow | null>(null)
  const [withEnded, setWithEnded] = useState(false)
  const keys = useQuery(trpc.keys.list.queryOptions({ org: org.slug }))
  const changed = () => queryClient.invalidateQueries(trpc.keys.list.queryFilter({ org: org.slug }))
  const revoke = useMutation(
    trpc.keys.revoke.mutationOptions({
      onSuccess: () => {
        setRevoking(null)
        void changed()
      },
    }),
  )
  const now = Date.now()
  const ended = keys.data?.filter((key) => !isLive(key, now)).length ?? 0
  const columns: Column<KeyRow>[] = [
    { id: 'name', title: 'Name', value: (row) => row.name, width: 120 },
    {
      id: 'prefix',
      title: 'Key',
      value: (row) => row.prefix,
      cell: (row) => <code className="font-mono text-xs">{row.prefix}…</code>,
    },
    {
      id: 'scopes',
      title: 'Scopes',
      value: (row) => row.scopes.join(' '),
      cell: (row) => <span title={row.scopes.join(', ')}>{row.scopes.join(', ')}</span>,
    },
    {
      id: 'createdAt',
      title: 'Created (UTC)',
      optional: true,
      value: (row) => row.createdAt.getTime(),
      cell: (row) => formatDateTime(row.createdAt, ZONE),
    },
    {
      id: 'lastUsedAt',
      title: 'Last used',
      value: (row) => row.lastUsedAt?.getTime() ?? null,
      cell: (row) => <LastUsed at={row.lastUsedAt} timezone={ZONE} />,
    },
    {
      id: 'state',
      title: 'State (UTC)',
      value: (row) => (isLive(row, now) ? 'active' : 'ended'),
      cell: (row) => <KeyStateBadge of={row} timezone={ZONE} />,
    },
    ...(mayWrite ? [actionsColumn(now, { rotate: setRotating, revoke: setRevoking })] : []),
  ]
  const create = mayWrite && (
    <Button variant="primary" onClick={() => setCreating(true)}>
      Create key
    </Button>
  )
  return (
    <PageBody>
      <PageHeader
        title="API keys"
        purpose="Secret keys for your servers. Devices use an app's ingest key instead."
        actions={create}
      />
      <Card padded={false}>
        {keys.isError ? (
          <ErrorState error={keys.error} retry={() => keys.refetch()} />
        ) : keys.data ? (
          <DataTable
            label="Secret keys"
            name="secret-keys"
            columns={columns}
            rows={keys.data.filter((key) => withEnded || isLive(key, now))}
            rowId={(row) => row.id}
            tools={keys.data.length > 0}
            toolbar={
              ended > 0 && (
                <Checkbox
                  label={`Show keys that ended (${ended})`}
                  checked={withEnded}
                  onChange={(event) => setWithEnded(event.target.checked)}
                />
              )
            }
            empty={
              <EmptyState icon={<KeyRound />} title={ended > 0 ? 'No key is in use' : 'No key yet'} action={create}>
                A server needs one to send events and touchpoints, or to read reports and exports.
              </EmptyState>
            }
          />
        ) : (
          <TableSkeleton rows={3} />
        )}
      </Card>
      {rotating && <RotateSecretKey row={rotating} onClose={() => setRotating(null)} onDone={() => void changed()} />}
      {creating && <CreateKeyDialog onClose={() => setCreating(false)} onCreated={changed} />}
      {revoking && (
        <RevokeKeyDialog
          name={revoking.name}
          pending={revoke.isPending}
          error={revoke.error}
          onClose={() => setRevoking(null)}
          onRevoke={() => revoke.mutate({ org: org.slug, id: revoking.id })}
        />
      )}
    </PageBody>
  )
}

function actionsColumn(
  now: number,
  on: { rotate: (row: KeyRow) => void; revoke: (row: KeyRow) => void },
): Column<KeyRow> {
  return {
    id: 'actions',
    title: 'Actions',
    value: () => null,
    width: 150,
    cell: (row) =>
      isLive(row, now) && (
        <span className="flex gap-1">
          {row.replacedBy === null && (
            <Button size="sm" onClick={() => on.rotate(row)} aria-label={`Rotate key ${row.name}`}>
              Rotate
            </Button>
          )}
          <Button size="sm" onClick={() => on.revoke(row)} aria-label={`Revoke key ${row.name}`}>
            Revoke
          </Button>
        </span>
      ),
  }
}

function RotateSecretKey({ row, onClose, onDone }: { row: KeyRow; onClose: () => void; onDone: () => void }) {
  const { org } = useConsole()
  const trpc = useTRPC()
  const rotate = useMutation(trpc.keys.rotate.mutationOptions({ onSuccess: onDone }))
  return (
    <RotateDialog
      name={`“${row.name}”`}
      hint="Long enough to put the new key on every server; “last used” of the old one shows when it is done."
      overlap={DAY}
      made={
        rotate.data && (
          <>
            <CopyField value={rotate.data.secretKey} label="Copy the new secret key" />
            <Notice tone="warning" title="It is shown this once.">
              Only its hash is kept. It has the same scopes as the old one.
            </Notice>
          </>
        )
      }
      pending={rotate.isPending}
      error={rotate.error}
      onRotate={(when) => rotate.mutate({ org: org.slug, id: row.id, ...when })}
      onClose={onClose}
    />
  )
}
