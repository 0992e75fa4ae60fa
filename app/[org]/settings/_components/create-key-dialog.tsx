'use client'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useConsole } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Checkbox, Input } from '#app/_ui/input.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { KEY_SCOPES, type KeyScope } from '#server/authz/permissions.ts'
import { EXPIRIES, momentOf, type TimeChoice, TimeField } from '../../_components/keys/time-choice.tsx'

const SCOPE_HINTS: Record<KeyScope, string> = {
  'events:write': 'Send events from a server.',
  'touchpoints:write': 'Report clicks and views from a server.',
  'reports:read': 'Query reports.',
  'decisions:read': 'Read where an install went, and why.',
  'exports:read': 'Download raw data.',
  'links:read': 'List tracking links.',
  'links:write': 'Create and change tracking links.',
  'apps:read': 'List apps.',
  'apps:write': 'Create and change apps.',
  'costs:write': 'Import costs.',
  'rates:write': 'Import exchange rates.',
}

const isScope = (value: FormDataEntryValue): value is KeyScope => (KEY_SCOPES as readonly unknown[]).includes(value)

/** Name and scopes of a new secret key; then the key itself, this once. */
export function CreateKeyDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const { org } = useConsole()
  const trpc = useTRPC()
  const create = useMutation(trpc.keys.create.mutationOptions({ onSuccess: onCreated }))
  const [expiry, setExpiry] = useState<TimeChoice>('never')
  const expiresAt = momentOf(expiry, Date.now())
  const problem = create.isError ? describeError(create.error) : null
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    if (expiresAt === undefined) return
    create.mutate({
      org: org.slug,
      name: String(form.get('name')),
      scopes: form.getAll('scopes').filter(isScope),
      ...(expiresAt ? { expiresAt } : {}),
    })
  }
  if (create.data)
    return (
      <Dialog
        open
        onOpenChange={(open) => {
          if (!open) onClose()
        }}
        title="Copy your key now"
        description="It is shown this once. Only its hash is kept."
        footer={
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <CopyField value={create.data.secretKey} label="Copy secret key" />
        <Notice tone="warning">Keep it on servers. Anybody who has it can do what its scopes allow.</Notice>
      </Dialog>
    )
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title="Create secret key"
      description="For your servers. Give it only what it needs."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form="create-key"
            variant="primary"
            pending={create.isPending}
            disabled={expiresAt === undefined}
          >
            Create key
          </Button>
        </>
      }
    >
      <form id="create-key" className="flex flex-col gap-4" onSubmit={submit}>
        <Field
          label="Name"
          hint="Where it will be used, such as “Backend”."
          error={problem?.field === 'name' ? problem.message : null}
        >
          {(control) => <Input {...control} name="name" maxLength={80} required autoComplete="off" />}
        </Field>
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-sm font-medium">Scopes</legend>
          {KEY_SCOPES.filter((scope) => org.permissions.includes(scope)).map((scope) => (
            <Checkbox key={scope} name="scopes" value={scope} label={scope} hint={SCOPE_HINTS[scope]} />
          ))}
        </fieldset>
        <TimeField
          label="Expires"
          error={problem?.field === 'expiresAt' ? problem.message : null}
          choices={EXPIRIES}
          never="Never"
          value={expiry}
          onChange={setExpiry}
        />
        {problem && problem.field !== 'name' && problem.field !== 'expiresAt' && (
          <p role="alert" className="text-sm text-negative">
            {problem.message}
          </p>
        )}
      </form>
    </Dialog>
  )
}
