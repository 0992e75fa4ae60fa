'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useAppScope, useCan } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button, IconButton } from '#app/_ui/button.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Checkbox, Input } from '#app/_ui/input.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { toast } from '#app/_ui/toast.tsx'
import { UnnamedTokens } from './unnamed-tokens.tsx'

interface Row {
  id: number
  token: string
  name: string
}
const isBlank = ({ token, name }: Row) => token.trim() === '' && name.trim() === ''

/** The app's token at Adjust and a name for each event token. */
export function AdjustForm({ current }: { current: Outputs['doors']['adjust'] }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const scope = useAppScope()
  const mayWrite = useCan('apps:write')
  const mayReadEvents = useCan('events:read')
  const [rows, setRows] = useState<Row[]>(() => (current?.events ?? []).map((event, id) => ({ id, ...event })))
  const save = useMutation(trpc.doors.saveAdjust.mutationOptions())
  const remove = useMutation(trpc.doors.removeAdjust.mutationOptions())
  const refresh = () => queryClient.invalidateQueries(trpc.doors.pathFilter())
  const change = (id: number, changes: Partial<Row>) =>
    setRows(rows.map((row) => (row.id === id ? { ...row, ...changes } : row)))
  const add = (token = '') => setRows([...rows, { id: Math.max(0, ...rows.map(({ id }) => id + 1)), token, name: '' }])
  const fields = ['appToken', ...rows.flatMap((_, place) => [`events.${place}.token`, `events.${place}.name`])]
  const submission = useSubmit(fields, async (data) => {
    // Blank rows go first, so that the server's message finds the row it names.
    const filled = rows.filter((row) => !isBlank(row))
    setRows(filled)
    await save.mutateAsync({
      ...scope,
      appToken: textOf(data, 'appToken'),
      tokenAlone: data.has('tokenAlone'),
      events: filled.map(({ token, name }) => ({ token, name })),
    })
    toast.done('Adjust tokens saved. The collector follows within a second.')
    await refresh()
  })
  const forget = async () => {
    if (!current) return
    const { appToken, tokenAlone, events } = current
    const undo = async () => {
      await save.mutateAsync({ ...scope, appToken, tokenAlone, events })
      await refresh()
    }
    try {
      await remove.mutateAsync(scope)
      toast.done('Adjust tokens removed.', {
        label: 'Undo',
        onPress: () => void undo().catch((error: unknown) => toast.failed(describeError(error).message)),
      })
      await refresh()
    } catch (error) {
      toast.failed(describeError(error).message)
    }
  }
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      {!mayWrite && <Notice>Your role cannot change this. An owner or admin can.</Notice>}
      {current?.tokenAlone && current.contested && (
        <Notice tone="warning" title="Another organization uses this app token too.">
          The token alone proves neither of you: requests need a key in the Authorization header.
        </Notice>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="App token"
          hint={
            current
              ? 'Requests with another app token are refused.'
              : 'Until it is entered, requests with it are answered 404 App token not found.'
          }
          error={submission.fieldError('appToken')}
        >
          {(control) => (
            <Input
              {...control}
              name="appToken"
              defaultValue={current?.appToken ?? ''}
              placeholder="4w565xzmb54d"
              maxLength={32}
              autoComplete="off"
              spellCheck={false}
              required
              disabled={!mayWrite}
            />
          )}
        </Field>
        <Checkbox
          className="sm:pt-6"
          name="tokenAlone"
          label="The app token alone is enough"
          hint="For servers that send no Authorization header. Anybody who knows the token can then send events."
          defaultChecked={current?.tokenAlone ?? false}
          disabled={!mayWrite}
        />
      </div>
      <fieldset className="flex flex-col gap-2">
        <legend className="pb-1 text-sm font-medium">Event tokens</legend>
        {rows.length === 0 && (
          <p className="text-xs text-muted">
            No event token has a name yet. Events are kept under adjust_ and their token until one has.
          </p>
        )}
        {rows.map((row, place) => (
          <div key={row.id} className="flex flex-col gap-1">
            <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,2fr)_auto] items-center gap-2">
              <Input
                aria-label="Event token"
                name={`events.${place}.token`}
                value={row.token}
                onChange={(event) => change(row.id, { token: event.target.value })}
                aria-invalid={submission.fieldError(`events.${place}.token`) ? true : undefined}
                placeholder="f0ob4r"
                maxLength={32}
                autoComplete="off"
                spellCheck={false}
                disabled={!mayWrite}
              />
              <Input
                aria-label={`Name of the event ${row.token || 'token'}`}
                name={`events.${place}.name`}
                value={row.name}
                onChange={(event) => change(row.id, { name: event.target.value })}
                aria-invalid={submission.fieldError(`events.${place}.name`) ? true : undefined}
                placeholder="purchase"
                maxLength={100}
                disabled={!mayWrite}
              />
              {mayWrite && (
                <IconButton
                  label={`Remove the event token ${row.token}`}
                  onClick={() => setRows(rows.filter(({ id }) => id !== row.id))}
                >
                  <X />
                </IconButton>
              )}
            </div>
            {['token', 'name'].map((part) => {
              const error = submission.fieldError(`events.${place}.${part}`)
              return error ? (
                <p key={part} role="alert" className="text-xs text-negative">
                  {error}
                </p>
              ) : null
            })}
          </div>
        ))}
        {mayWrite && (
          <div>
            <Button size="sm" onClick={() => add()}>
              <Plus aria-hidden />
              Add an event token
            </Button>
          </div>
        )}
      </fieldset>
      {mayReadEvents && (
        <UnnamedTokens named={new Set(rows.map(({ token }) => token.trim()))} onName={mayWrite ? add : undefined} />
      )}
      {submission.formError && (
        <p data-form-error tabIndex={-1} role="alert" className="text-sm text-negative">
          {submission.formError}
        </p>
      )}
      {mayWrite && (
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary" pending={submission.pending} disabled={submission.loading}>
            Save Adjust tokens
          </Button>
          {current && (
            <Button variant="ghost" pending={remove.isPending} onClick={() => void forget()}>
              Remove them
            </Button>
          )}
        </div>
      )}
    </form>
  )
}
