'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { useCan, useConsole } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { CreateKeyDialog } from './create-key-dialog.tsx'
import { RevokeKeyDialog } from './revoke-key-dialog.tsx'

export interface KeyRow {
  id: string
  name: string
  prefix: string
  scopes: string[]
  createdAt: Date
  revokedAt: Date | null
  lastUsedAt: Date | null
}

const ZONE = 'UTC'

/** Secret keys: create (shown once), see their use, revoke. */
export function SecretKeys() {
  const { org } = useConsole()
  const mayWrite = useCan('keys:write')
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<KeyRow | null>(null)
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
      value: (row) => row.createdAt.getTime(),
      cell: (row) => formatDateTime(row.createdAt, ZONE),
    },
    {
      id: 'lastUsedAt',
      title: 'Last used (UTC)',
      value: (row) => row.lastUsedAt?.getTime() ?? null,
      cell: (row) => (row.lastUsedAt ? formatDateTime(row.lastUsedAt, ZONE) : 'Never'),
    },
    {
      id: 'state',
      title: 'State',
      value: (row) => (row.revokedAt ? 'revoked' : 'active'),
      cell: (row) =>
        row.revokedAt ? (
          <Badge tone="negative">Revoked</Badge>
        ) : mayWrite ? (
          <Button size="sm" onClick={() => setRevoking(row)} aria-label={`Revoke key ${row.name}`}>
            Revoke
          </Button>
        ) : (
          <Badge tone="positive">Active</Badge>
        ),
    },
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
            rows={keys.data}
            rowId={(row) => row.id}
            tools={keys.data.length > 0}
            empty={
              <EmptyState icon={<KeyRound />} title="No key yet" action={create}>
                A server needs one to send events and touchpoints, or to read reports and exports.
              </EmptyState>
            }
          />
        ) : (
          <TableSkeleton rows={3} />
        )}
      </Card>
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
