'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAppScope } from '#app/_lib/console.tsx'
import { formatNumber } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge, Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { cx } from '#app/_ui/cx.ts'
import { Field } from '#app/_ui/field.tsx'
import { Select } from '#app/_ui/input.tsx'
import { ErrorState, Skeleton } from '#app/_ui/states.tsx'
import { FORMAT_WORDS, type ImportRow, KIND_WORDS } from './words.ts'

type Preview = Outputs['imports']['preview']
type Kind = 'events' | 'touchpoints'
type Format = ImportRow['format']

/** How a file is to be read. */
export interface Reading {
  kind: Kind
  format: Format
  mapping: Record<string, string>
}

/** Lets people say what a file holds, and shows what would become of its first rows before anything is sent. */
export function ReadingForm({
  row,
  starting,
  onStart,
}: {
  row: ImportRow
  starting: boolean
  onStart: (reading: Reading) => void
}) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const [reading, setReading] = useState<Reading>({
    kind: row.kind === 'touchpoints' ? 'touchpoints' : 'events',
    format: row.format,
    mapping: row.mapping,
  })
  const { kind, format, mapping } = reading
  const preview = useQuery(
    trpc.imports.preview.queryOptions(
      { ...scope, id: row.id, kind, format, mapping },
      { placeholderData: keepPreviousData, staleTime: Number.POSITIVE_INFINITY },
    ),
  )
  const map = (column: string, field: string) => {
    const { [column]: _, ...others } = mapping
    setReading({ ...reading, mapping: field === '' ? others : { ...others, [column]: field } })
  }
  return (
    <div className="flex flex-col gap-5">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Format">
          {(control) => (
            <Select
              {...control}
              value={format}
              onChange={(event) => {
                const next = event.target.value as Format
                setReading({ kind: next === 'appsflyer' ? 'events' : kind, format: next, mapping: {} })
              }}
            >
              {Object.entries(FORMAT_WORDS).map(([value, word]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field
          label="Rows are"
          hint={
            format === 'appsflyer' ? 'Installs bring the click or view and AppsFlyer’s decision with them.' : undefined
          }
        >
          {(control) => (
            <Select
              {...control}
              value={kind}
              disabled={format === 'appsflyer'}
              onChange={(event) => setReading({ ...reading, kind: event.target.value as Kind, mapping: {} })}
            >
              <option value="events">{KIND_WORDS.events}</option>
              <option value="touchpoints">{KIND_WORDS.touchpoints}</option>
            </Select>
          )}
        </Field>
      </div>
      {preview.isError ? (
        <ErrorState error={preview.error} retry={() => void preview.refetch()} />
      ) : preview.data ? (
        <div className={cx('flex flex-col gap-5', preview.isPlaceholderData && 'opacity-60')}>
          <Verdict preview={preview.data} />
          <Button
            variant="primary"
            className="self-start"
            pending={starting}
            disabled={preview.isPlaceholderData || preview.data.problem !== null}
            onClick={() => onStart(reading)}
          >
            Start import
          </Button>
          {preview.data.columns.length > 0 && <Columns preview={preview.data} mapping={mapping} onMap={map} />}
          {preview.data.rows.length > 0 && <FirstRows rows={preview.data.rows} />}
        </div>
      ) : (
        <div role="status" aria-label="Loading" className="flex flex-col gap-3">
          <Skeleton className="h-12 w-full" />
          <Skeleton className="h-40 w-full" />
        </div>
      )}
    </div>
  )
}

function Verdict({ preview }: { preview: Preview }) {
  const { problem, checked, refused, problems } = preview
  if (problem !== null)
    return (
      <Notice tone="negative" title="The file cannot be read like this.">
        {problem}
      </Notice>
    )
  if (refused === 0)
    return <Notice tone="positive">All of the first {formatNumber(checked)} rows would be accepted.</Notice>
  return (
    <Notice
      tone="warning"
      title={`${formatNumber(refused)} of the first ${formatNumber(checked)} rows would be refused.`}
    >
      {refused < checked ? 'The others would be accepted.' : 'Say below what the columns are.'}
      <ul className="mt-1 flex flex-col gap-0.5">
        {problems.slice(0, 5).map(({ line, field, message }) => (
          <li key={line}>
            Line {line}
            {field ? `, ${field}` : ''}: {message}
          </li>
        ))}
      </ul>
    </Notice>
  )
}

function Columns({
  preview,
  mapping,
  onMap,
}: {
  preview: Preview
  mapping: Reading['mapping']
  onMap: (column: string, field: string) => void
}) {
  return (
    <section>
      <h3 className="text-base font-semibold">Columns</h3>
      <p className="pb-2 text-sm text-muted">
        A column that is none of the fields is kept as a property of its own name.
      </p>
      <ul className="flex flex-col">
        {preview.columns.map(({ name, field, known }) => (
          <li key={name} className="grid grid-cols-2 items-center gap-3 border-t border-line py-1 text-sm">
            <code className="min-w-0 font-mono text-xs break-words">{name}</code>
            <Select
              aria-label={`Field for ${name}`}
              value={mapping[name] ?? ''}
              onChange={(event) => onMap(name, event.target.value)}
            >
              <option value="">
                {mapping[name] === undefined ? (known ? field : 'A property') : 'As it is called'}
              </option>
              {preview.fields.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </Select>
          </li>
        ))}
      </ul>
    </section>
  )
}

function FirstRows({ rows }: { rows: Preview['rows'] }) {
  return (
    <section>
      <h3 className="text-base font-semibold">First rows</h3>
      <p className="pb-2 text-sm text-muted">What each would become.</p>
      <ul className="flex flex-col">
        {rows.map(({ line, becomes, refusal }) => (
          <li key={line} className="flex flex-col gap-1 border-t border-line py-1.5">
            <span className="flex flex-wrap items-center gap-2 text-sm">
              <span className="text-muted tabular-nums">Line {line}</span>
              {refusal && <Badge tone="negative">Refused</Badge>}
              {refusal && <span className="min-w-0 break-words">{refusal.message}</span>}
            </span>
            {becomes && <code className="line-clamp-4 font-mono text-xs break-all text-muted">{becomes}</code>}
          </li>
        ))}
      </ul>
    </section>
  )
}
