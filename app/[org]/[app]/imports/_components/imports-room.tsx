'use client'
import { useQuery } from '@tanstack/react-query'
import { FileUp } from 'lucide-react'
import { parseAsString, useQueryState } from 'nuqs'
import { useCallback, useMemo, useRef } from 'react'
import { useApp, useAppScope, useCan } from '#app/_lib/console.tsx'
import { formatDateTime, formatNumber } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Badge, Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { ProgressBar } from '#app/_ui/progress-bar.tsx'
import { EmptyState, ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { ImportSheet } from './import-sheet.tsx'
import { type Upload, useUpload } from './use-upload.ts'
import { bytesWords, FORMAT_WORDS, type ImportRow, isActive, KIND_WORDS, statusOf, uncounted } from './words.ts'

const ACTIVE_MS = 2000
const QUIET_MS = 15_000

/** The app's imports: upload a file, follow it, and what became of earlier ones. */
export function ImportsRoom() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { timezone } = useApp()
  const mayWrite = useCan('events:write')
  const [opened, setOpened] = useQueryState('import', parseAsString.withOptions({ history: 'push' }))
  const file = useRef<HTMLInputElement>(null)
  const open = useCallback((id: string) => void setOpened(id), [setOpened])
  const { upload, start, cancel } = useUpload(open)
  const imports = useQuery(
    trpc.imports.list.queryOptions(scope, {
      refetchInterval: (query) => (query.state.data?.some(isActive) ? ACTIVE_MS : QUIET_MS),
    }),
  )
  const columns = useMemo(() => columnsFor(timezone), [timezone])
  const shown = imports.data?.find((row) => row.id === opened)
  const action = mayWrite && (
    <Button variant="primary" disabled={upload !== null && !upload.error} onClick={() => file.current?.click()}>
      Upload file
    </Button>
  )
  return (
    <PageBody>
      <PageHeader
        title="Imports"
        purpose="History from a file: AppsFlyer’s raw data, CSV, NDJSON or Parquet. Importing a file twice changes nothing."
        actions={action}
      />
      <input
        ref={file}
        type="file"
        hidden
        aria-label="File to import"
        accept=".csv,.ndjson,.jsonl,.json,.parquet,.gz,.zst,.txt"
        onChange={(event) => {
          const [chosen] = event.target.files ?? []
          if (chosen) start(chosen)
          event.target.value = ''
        }}
      />
      {upload && <UploadNotice upload={upload} onCancel={cancel} />}
      <Card padded={false}>
        {imports.isError ? (
          <ErrorState error={imports.error} retry={() => void imports.refetch()} />
        ) : imports.data ? (
          <DataTable
            label="Imports"
            name="imports"
            columns={columns}
            rows={imports.data}
            rowId={(row) => row.id}
            onOpen={(row) => open(row.id)}
            tools={imports.data.length > 0}
            empty={
              <EmptyState icon={<FileUp />} title="Nothing was imported yet" action={action}>
                {mayWrite
                  ? 'Upload a file, look at what would become of its rows, and start it then.'
                  : 'An owner or admin of the organization can upload files here.'}
              </EmptyState>
            }
          />
        ) : (
          <TableSkeleton rows={4} />
        )}
      </Card>
      {shown && <ImportSheet row={shown} mayWrite={mayWrite} onClose={() => void setOpened(null)} />}
    </PageBody>
  )
}

function UploadNotice({ upload, onCancel }: { upload: Upload; onCancel: () => void }) {
  const { fileName, bytes, sent, checking, error } = upload
  return (
    <div className="pb-4">
      <Notice
        tone={error ? 'negative' : 'neutral'}
        title={
          error ? `${fileName} was not uploaded.` : checking ? `Looking at ${fileName} …` : `Uploading ${fileName}`
        }
        actions={
          <Button size="sm" onClick={onCancel}>
            {error ? 'Close' : 'Cancel upload'}
          </Button>
        }
      >
        {error ?? (
          <>
            <span className="block text-xs">
              {bytesWords(sent)} of {bytesWords(bytes)}
            </span>
            <ProgressBar label={`Upload of ${fileName}`} share={bytes === 0 ? 0 : sent / bytes} />
          </>
        )}
      </Notice>
    </div>
  )
}

const count = (value: number | null) => (value === null ? '–' : formatNumber(value))

function columnsFor(timeZone: string): Column<ImportRow>[] {
  return [
    { id: 'file', title: 'File', value: (row) => row.fileName, width: 220 },
    {
      id: 'status',
      title: 'Status',
      value: (row) => row.status,
      cell: (row) => {
        const { word, tone } = statusOf(row)
        return isActive(row) ? <ProgressBar label={word} share={row.share} /> : <Badge tone={tone}>{word}</Badge>
      },
    },
    {
      id: 'accepted',
      title: 'Accepted',
      number: true,
      value: (row) => row.accepted,
      cell: (row) => count(row.accepted),
    },
    {
      id: 'rejected',
      title: 'Refused',
      number: true,
      value: (row) => row.rejected,
      cell: (row) => count(row.rejected),
    },
    {
      id: 'duplicates',
      title: 'There before',
      number: true,
      value: (row) => row.duplicates,
      cell: (row) => <span title={row.duplicates === null ? uncounted(row) : undefined}>{count(row.duplicates)}</span>,
    },
    { id: 'kind', title: 'Rows are', value: (row) => KIND_WORDS[row.kind], optional: true },
    { id: 'format', title: 'Format', value: (row) => FORMAT_WORDS[row.format] },
    {
      id: 'created',
      title: 'Uploaded',
      value: (row) => row.createdAt.getTime(),
      cell: (row) => formatDateTime(row.createdAt, timeZone),
      width: 160,
    },
  ]
}
