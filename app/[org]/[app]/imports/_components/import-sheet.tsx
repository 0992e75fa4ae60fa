'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatDateTime, formatNumber, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Badge, Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { ProgressBar } from '#app/_ui/progress-bar.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { toast } from '#app/_ui/toast.tsx'
import { ReadingForm } from './reading-form.tsx'
import { bytesWords, FORMAT_WORDS, type ImportRow, isActive, KIND_WORDS, rateOf, statusOf, uncounted } from './words.ts'

/** One import: how it would be read before it starts, how far it is while it runs, and what became of it. */
export function ImportSheet({ row, mayWrite, onClose }: { row: ImportRow; mayWrite: boolean; onClose: () => void }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries(trpc.imports.list.queryFilter(scope))
  const failed = (error: unknown) => toast.failed(describeError(error).message)
  const start = useMutation(trpc.imports.start.mutationOptions({ onSuccess: refresh, onError: failed }))
  const cancel = useMutation(trpc.imports.cancel.mutationOptions({ onSuccess: refresh, onError: failed }))
  const remove = useMutation(
    trpc.imports.remove.mutationOptions({
      onSuccess: () => {
        onClose()
        return refresh()
      },
      onError: failed,
    }),
  )
  const id = { ...scope, id: row.id }
  const fresh = row.status === 'ready' && row.startable && mayWrite
  const { word, tone } = statusOf(row)
  return (
    <Dialog
      open
      side
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={row.fileName}
      description={`${bytesWords(row.fileBytes)}${fresh ? '' : `, ${FORMAT_WORDS[row.format]}, ${KIND_WORDS[row.kind].toLowerCase()}`}`}
      footer={
        mayWrite && (
          <>
            {isActive(row) ? (
              <Button pending={cancel.isPending || row.cancelling} onClick={() => cancel.mutate(id)}>
                Cancel import
              </Button>
            ) : (
              <Button pending={remove.isPending} onClick={() => remove.mutate(id)}>
                Remove from list
              </Button>
            )}
            {!fresh && row.startable && (
              <Button variant="primary" pending={start.isPending} onClick={() => start.mutate(id)}>
                {row.rowsDone > 0 ? `Go on after row ${formatNumber(row.rowsDone)}` : 'Start again'}
              </Button>
            )}
          </>
        )
      }
    >
      {fresh ? (
        <ReadingForm row={row} starting={start.isPending} onStart={(reading) => start.mutate({ ...id, ...reading })} />
      ) : (
        <div className="flex flex-col gap-4">
          <div className="flex items-center gap-3">
            <Badge tone={tone}>{word}</Badge>
            {isActive(row) && <Rate row={row} />}
          </div>
          {isActive(row) && <ProgressBar label={`Import of ${row.fileName}`} share={row.share} />}
          {row.status === 'failed' && (
            <Notice tone="negative" title="It stopped.">
              {row.error ?? 'Start it again.'} What is done stays; it goes on from there.
            </Notice>
          )}
          <Outcome row={row} />
        </div>
      )}
    </Dialog>
  )
}

/** Rows a second since the look before. */
function Rate({ row }: { row: ImportRow }) {
  const last = useRef<{ rowsDone: number; at: number }>(undefined)
  const [rate, setRate] = useState<number | null>(null)
  useEffect(() => {
    const now = { rowsDone: row.rowsDone, at: Date.now() }
    setRate(rateOf(last.current, now))
    last.current = now
  }, [row])
  if (row.share >= 1) return <span className="text-sm text-muted">Waiting until everything is loaded …</span>
  return <span className="text-sm text-muted">{rate === null ? '' : `${formatNumber(rate)} rows a second`}</span>
}

function Outcome({ row }: { row: ImportRow }) {
  const scope = useAppScope()
  const { timezone } = useApp()
  const facts: [string, string][] = [
    ['Rows read', formatNumber(row.rowsDone)],
    ['Accepted', formatNumber(row.accepted)],
    ['There before', row.duplicates === null ? `– (${uncounted(row)})` : formatNumber(row.duplicates)],
    ['Refused', formatNumber(row.rejected)],
    [`Uploaded (${zoneLabel(timezone, row.createdAt)})`, formatDateTime(row.createdAt, timezone)],
    ...(row.startedAt ? [['Started', formatDateTime(row.startedAt, timezone)] satisfies [string, string]] : []),
    ...(row.finishedAt ? [['Ended', formatDateTime(row.finishedAt, timezone)] satisfies [string, string]] : []),
  ]
  const query = new URLSearchParams(scope)
  return (
    <>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {row.refusedList && (
        <Button asChild className="self-start">
          <a href={`/api/imports/${row.id}/refused?${query}`} download>
            Download the refused rows
          </a>
        </Button>
      )}
      {row.rejected > 0 && !row.refusedList && (
        <p className="text-sm text-muted">
          {row.uploaded
            ? 'The list of refused rows was kept for seven days. They stay among the rejected events.'
            : 'This import ran on the command line, which keeps the list of refused rows on its own machine.'}
        </p>
      )}
    </>
  )
}
