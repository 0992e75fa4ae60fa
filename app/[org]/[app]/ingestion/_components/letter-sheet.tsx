'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { CodeBlock } from '#app/_ui/copy.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Textarea } from '#app/_ui/input.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { type RejectedRow, ReplayBadge } from './replay-badge.tsx'
import { adviceFor, rejectionWord } from './words.ts'

/** One rejected event in full; it can be sent again, as it is or corrected. */
export function LetterSheet({ row, mayReplay }: { row: RejectedRow; mayReplay: boolean }) {
  const { timezone } = useApp()
  const advice = adviceFor(row.code)
  return (
    <div className="flex flex-col gap-3">
      <p>{row.message}</p>
      {advice && <p className="text-muted">{advice}</p>}
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
        <dt className="text-muted">Field</dt>
        <dd className="font-mono break-all">{row.field || '–'}</dd>
        <dt className="text-muted">Code</dt>
        <dd className="font-mono">{row.code}</dd>
        <dt className="text-muted">Kind</dt>
        <dd>{row.kind}</dd>
        <dt className="text-muted">Sent again</dt>
        <dd>
          <ReplayBadge replay={row.replay} />
          {row.replay && <span className="ml-2 text-muted">{formatDateTime(row.replay.at, timezone)}</span>}
        </dd>
      </dl>
      {mayReplay ? (
        <SendAgain row={row} />
      ) : (
        <>
          <CodeBlock snippets={[{ title: 'raw text', code: pretty(row.raw) }]} />
          <p className="text-sm text-muted">An owner or admin of the organization can send it again.</p>
        </>
      )}
    </div>
  )
}

function SendAgain({ row }: { row: RejectedRow }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const queryClient = useQueryClient()
  const original = pretty(row.raw)
  const [editing, setEditing] = useState(false)
  const [text, setText] = useState(original)
  const replay = useMutation(
    trpc.ingestion.replayOne.mutationOptions({
      onSettled: () => queryClient.invalidateQueries(trpc.events.rejected.pathFilter()),
    }),
  )
  const isChanged = editing && text !== original
  const send = () => replay.mutate({ ...scope, rejectedId: row.rejectedId, ...(isChanged ? { raw: text } : {}) })
  const problem = isChanged ? jsonProblem(text) : null
  return (
    <>
      {editing ? (
        <Field
          label={`Corrected ${row.kind}`}
          hint="JSON, as a sender would send it. The text that was rejected stays as it is."
          error={problem}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={Math.min(24, Math.max(8, text.split('\n').length + 1))}
              className="font-mono text-xs"
              spellCheck={false}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
      ) : (
        <CodeBlock snippets={[{ title: 'raw text', code: original }]} />
      )}
      {replay.data &&
        (replay.data.accepted ? (
          <Notice tone="positive" title="Accepted.">
            It appears in the reports within seconds, unless it was there before.
          </Notice>
        ) : (
          <Notice tone="warning" title={`Refused again: ${rejectionWord(replay.data.reason?.code ?? '')}.`}>
            {replay.data.reason?.message}
          </Notice>
        ))}
      {replay.isError && (
        <Notice tone="negative" title="It was not sent.">
          {describeError(replay.error).message}
        </Notice>
      )}
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" pending={replay.isPending} disabled={problem !== null} onClick={send}>
          {isChanged ? 'Send corrected' : 'Send again'}
        </Button>
        <Button
          variant="ghost"
          onClick={() => {
            setEditing(!editing)
            setText(original)
          }}
        >
          {editing ? 'Discard changes' : 'Correct it first'}
        </Button>
      </div>
    </>
  )
}

/** What keeps a text from being JSON; null when it is. */
function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return `This is not readable JSON: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Numbers that would not survive being read and written again. */
const LONG_NUMBER = /\d{16}|\d[eE][+-]?\d/

/** Indented where it is JSON; as it came where it is not, because that may be the very reason. */
function pretty(raw: string): string {
  if (LONG_NUMBER.test(raw)) return raw
  try {
    return JSON.stringify(JSON.parse(raw), null, 2)
  } catch {
    return raw
  }
}
