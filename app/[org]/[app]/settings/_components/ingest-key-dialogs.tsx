'use client'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useAppScope } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Button } from '#app/_ui/button.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { toast } from '#app/_ui/toast.tsx'
import { TypedConfirm } from '#app/_ui/typed-confirm.tsx'
import { RotateDialog } from '../../../_components/keys/rotate-dialog.tsx'
import { EXPIRIES, momentOf, type TimeChoice, TimeField } from '../../../_components/keys/time-choice.tsx'

/** An ingest key as the settings list it. */
export type IngestKey = Outputs['apps']['ingestKeys'][number]

interface DialogProps {
  onClose: () => void
  /** The keys changed. */
  onDone: () => void
}

const DAY = 86_400_000

/** One more ingest key, with a name and, if wanted, an end. */
export function CreateIngestKey({ onClose, onDone }: DialogProps) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const [expiry, setExpiry] = useState<TimeChoice>('never')
  const create = useMutation(
    trpc.apps.createIngestKey.mutationOptions({
      onSuccess: () => {
        toast.done('Ingest key created.')
        onDone()
        onClose()
      },
    }),
  )
  const problem = create.isError ? describeError(create.error) : null
  const expiresAt = momentOf(expiry, Date.now())
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (expiresAt === undefined) return
    const name = String(new FormData(event.currentTarget).get('name'))
    create.mutate({ ...scope, name, ...(expiresAt ? { expiresAt } : {}) })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title="Create ingest key"
      description="One for each place that sends, so that one can be ended without the others."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form="create-ingest-key"
            variant="primary"
            pending={create.isPending}
            disabled={expiresAt === undefined}
          >
            Create key
          </Button>
        </>
      }
    >
      <form id="create-ingest-key" className="flex flex-col gap-4" onSubmit={submit}>
        <Field
          label="Name"
          optional
          hint="Where it will be used, such as “Android 3.x”."
          error={problem && problem.field !== 'expiresAt' ? problem.message : null}
        >
          {(control) => <Input {...control} name="name" maxLength={80} autoComplete="off" />}
        </Field>
        <TimeField
          label="Expires"
          error={problem?.field === 'expiresAt' ? problem.message : null}
          choices={EXPIRIES}
          never="Never"
          value={expiry}
          onChange={setExpiry}
        />
      </form>
    </Dialog>
  )
}

/** A new key in an ingest key's place. */
export function RotateIngestKey({ ingestKey, onClose, onDone }: DialogProps & { ingestKey: IngestKey }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const rotate = useMutation(trpc.apps.rotateIngestKey.mutationOptions({ onSuccess: onDone }))
  return (
    <RotateDialog
      name={ingestKey.name ? `“${ingestKey.name}”` : `the ingest key …${ingestKey.key.slice(-4)}`}
      hint="Installed apps carry the old key until people update: give them weeks, and look at “last used”."
      overlap={90 * DAY}
      made={rotate.data && <CopyField value={rotate.data.key} label="Copy the new ingest key" />}
      pending={rotate.isPending}
      error={rotate.error}
      onRotate={(when) => rotate.mutate({ ...scope, id: ingestKey.id, ...when })}
      onClose={onClose}
    />
  )
}

/** Revoking cannot be undone, so it asks for the key's last characters. */
export function RevokeIngestKey({ ingestKey, onClose, onDone }: DialogProps & { ingestKey: IngestKey }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const last = ingestKey.key.slice(-4)
  const revoke = useMutation(
    trpc.apps.revokeIngestKey.mutationOptions({
      onSuccess: () => {
        toast.done('Ingest key revoked.')
        onDone()
        onClose()
      },
    }),
  )
  return (
    <TypedConfirm
      title="Revoke this ingest key?"
      description="Installed apps that carry it stop reporting within a second. This cannot be undone."
      word={last}
      label={`Type the key’s last four characters: ${last}`}
      action="Revoke key"
      pending={revoke.isPending}
      error={revoke.error}
      onClose={onClose}
      onConfirm={() => revoke.mutate({ ...scope, id: ingestKey.id })}
    />
  )
}
