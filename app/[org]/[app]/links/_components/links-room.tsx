'use client'
import { useQuery } from '@tanstack/react-query'
import { Link2, Plus } from 'lucide-react'
import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { useApp, useAppScope, useCan } from '#app/_lib/console.tsx'
import { todayIn } from '#app/_lib/days.ts'
import { formatDay } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CopyButton } from '#app/_ui/copy.tsx'
import { cx } from '#app/_ui/cx.ts'
import { SearchInput } from '#app/_ui/filters.tsx'
import { Checkbox } from '#app/_ui/input.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { LinkDialog } from './link-dialog.tsx'
import { LinkSheet } from './link-sheet.tsx'

export type LinkRow = Outputs['links']['list'][number]

const stateParsers = {
  search: parseAsString.withDefault(''),
  archived: parseAsBoolean.withDefault(false),
  link: parseAsString,
  form: parseAsStringLiteral(['new', 'edit']),
}

/** Tracking links: list, search, create, copy, QR code, archive. What is open stands in the URL. */
export function LinksRoom() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { timezone } = useApp()
  const mayWrite = useCan('links:write')
  const [{ search, archived, link, form }, setState] = useQueryStates(stateParsers, { history: 'push' })
  const links = useQuery(
    trpc.links.list.queryOptions(
      { ...scope, archived, ...(search ? { search } : {}) },
      { placeholderData: (before) => before },
    ),
  )
  const columns = useMemo(() => columnsFor(timezone), [timezone])
  const opened = links.data?.find((row) => row.linkId === link)
  const create = mayWrite && (
    <Button variant="primary" onClick={() => void setState({ form: 'new', link: null })}>
      <Plus aria-hidden />
      Create link
    </Button>
  )
  return (
    <PageBody>
      <PageHeader title="Links" purpose="Where a tap on an ad leads, and what it counts for." actions={create} />
      <Card padded={false} className={cx(links.isPlaceholderData && 'opacity-60')}>
        {links.isPending ? (
          <TableSkeleton />
        ) : links.isError ? (
          <ErrorState error={links.error} retry={() => void links.refetch()} />
        ) : (
          <DataTable
            label="Links"
            name="links"
            columns={columns}
            rows={links.data}
            rowId={(row) => row.linkId}
            onOpen={(row) => void setState({ link: row.linkId, form: null })}
            toolbar={
              <>
                <SearchInput
                  label="Search links"
                  value={search}
                  onChange={(next) => void setState({ search: next || null })}
                />
                <Checkbox
                  label="Archived links"
                  checked={archived}
                  onChange={(event) => void setState({ archived: event.target.checked || null, link: null })}
                />
              </>
            }
            empty={
              search ? (
                <EmptyState
                  title="No link fits"
                  action={<Button onClick={() => void setState({ search: null })}>Clear search</Button>}
                >
                  Searched are name, media source, campaign and the link’s id.
                </EmptyState>
              ) : archived ? (
                <EmptyState title="No archived links">A link taken out of use is kept here.</EmptyState>
              ) : (
                <EmptyState icon={<Link2 />} title="No links yet" action={create}>
                  A tracking link counts clicks, sends people to your store page or app, and ties their installs to the
                  campaign that you name in it.
                </EmptyState>
              )
            }
          />
        )}
      </Card>
      <LinkDialog
        mode={mayWrite ? form : null}
        link={form === 'edit' ? opened : undefined}
        onClose={() => void setState({ form: null })}
        onSaved={(linkId) => void setState({ form: null, link: linkId })}
      />
      <LinkSheet
        link={form === null ? opened : undefined}
        mayWrite={mayWrite}
        timeZone={timezone}
        onClose={() => void setState({ link: null })}
        onEdit={() => void setState({ form: 'edit' })}
      />
    </PageBody>
  )
}

function columnsFor(timeZone: string): Column<LinkRow>[] {
  const path = (row: LinkRow) => [row.adSet, row.ad, row.creative].filter(Boolean).join(' / ')
  return [
    {
      id: 'name',
      title: 'Name',
      value: (row) => row.name,
      width: 160,
      cell: (row) => (
        <span className="inline-flex items-center gap-1 font-medium">
          {row.name}
          {row.isRetargeting && <Badge tone="accent">Retargeting</Badge>}
          {row.archivedAt && <Badge>Archived</Badge>}
        </span>
      ),
    },
    { id: 'source', title: 'Media source', value: (row) => row.mediaSource },
    { id: 'campaign', title: 'Campaign', value: (row) => row.campaign },
    { id: 'path', title: 'Ad set / ad / creative', value: (row) => path(row) || null, cell: (row) => path(row) || '–' },
    {
      id: 'url',
      title: 'Click address',
      value: (row) => row.clickUrl,
      width: 220,
      cell: (row) => (
        // `relative` keeps the button’s hidden status text inside the scrolling table
        <span className="relative flex items-center gap-1">
          <code className="min-w-0 truncate font-mono text-xs">{row.clickUrl}</code>
          <CopyButton text={row.clickUrl} label={`Copy the click address of ${row.name}`} />
        </span>
      ),
    },
    {
      id: 'created',
      title: 'Created',
      value: (row) => new Date(row.createdAt).getTime(),
      cell: (row) => formatDay(todayIn(timeZone, new Date(row.createdAt).getTime()), true),
    },
  ]
}
