'use client'
import { useQuery } from '@tanstack/react-query'
import { useConsole } from '#app/_lib/console.tsx'
import { formatDay } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Card } from '#app/_ui/card.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'

interface MemberRow {
  userId: string
  email: string
  name: string | null
  role: string
  joinedAt: Date
}

const columns: Column<MemberRow>[] = [
  { id: 'email', title: 'E-mail', value: (row) => row.email, width: 200 },
  { id: 'name', title: 'Name', value: (row) => row.name, cell: (row) => row.name ?? '–' },
  { id: 'role', title: 'Role', value: (row) => row.role, cell: (row) => <Badge>{row.role.replace('_', ' ')}</Badge> },
  {
    id: 'joinedAt',
    title: 'Joined',
    value: (row) => row.joinedAt.getTime(),
    cell: (row) => formatDay(row.joinedAt.toISOString(), true),
  },
]

/** The organization's members and their roles; read only. */
export function Members() {
  const { org } = useConsole()
  const trpc = useTRPC()
  const members = useQuery(trpc.organizations.members.queryOptions({ org: org.slug }))
  return (
    <PageBody narrow>
      <PageHeader title="Members" purpose="Who may see and change what. Invitations come with a later release." />
      <Card padded={false}>
        {members.isError ? (
          <ErrorState error={members.error} retry={() => members.refetch()} />
        ) : members.data ? (
          <DataTable
            label="Members"
            name="members"
            columns={columns}
            rows={members.data}
            rowId={(row) => row.userId}
            toolbar={
              <span className="text-sm text-muted">
                {members.data.length} {members.data.length === 1 ? 'member' : 'members'}
              </span>
            }
          />
        ) : (
          <TableSkeleton rows={3} />
        )}
      </Card>
    </PageBody>
  )
}
