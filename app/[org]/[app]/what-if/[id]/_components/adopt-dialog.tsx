'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import Link from 'next/link'
import { useState } from 'react'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { isDay, todayIn } from '#app/_lib/days.ts'
import { formatDay, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { useSubmit } from '#app/_lib/use-submit.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Dialog, DialogClose } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { toast } from '#app/_ui/toast.tsx'
import { SettingsChanges } from '../../_components/settings-changes.tsx'

const FORM = 'adopt'
type Replay = Outputs['replays']['get']

/** Makes a what-if's settings the app's next version, from a day on. Says so when the settings changed since it was made. */
export function AdoptDialog({
  row,
  onClose,
  onAdopted,
}: {
  row: Replay
  onClose: () => void
  onAdopted: () => Promise<unknown>
}) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const scope = useAppScope()
  const { timezone } = useApp()
  const [day, setDay] = useState(() => todayIn(timezone))
  const adopt = useMutation(trpc.replays.adopt.mutationOptions())
  const changed = row.newestVersion !== row.basedOnVersion
  const submission = useSubmit(['from'], async () => {
    if (!isDay(day)) throw Object.assign(new Error('Choose a day.'), { data: { field: 'from' } })
    try {
      const adopted = await adopt.mutateAsync({ ...scope, id: row.id, from: day, overVersion: row.newestVersion })
      toast.done(`Version ${adopted.adoptedVersion} holds for installs from ${formatDay(day, true)} on.`)
      onClose()
    } finally {
      // Also when it was refused: somebody else's version may have come in between, and the dialog has to name it.
      await Promise.all([onAdopted(), queries.invalidateQueries(trpc.attribution.settings.queryFilter(scope))])
    }
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title="Adopt these settings"
      description="They become the next version of the app’s attribution settings."
      footer={
        <>
          <DialogClose>
            <Button>Cancel</Button>
          </DialogClose>
          <Button
            variant="primary"
            type="submit"
            form={FORM}
            pending={submission.pending}
            disabled={submission.loading}
          >
            {changed ? `Adopt over version ${row.newestVersion}` : 'Adopt'}
          </Button>
        </>
      }
    >
      <form {...submission.form} id={FORM} className="flex flex-col gap-4">
        <SettingsChanges row={row} />
        {changed && (
          <Notice tone="warning" title={`Version ${row.newestVersion} was saved since.`}>
            The what-if was made from version {row.basedOnVersion}. Adopting replaces what was changed meanwhile;{' '}
            <Link className="underline" href={`/${scope.org}/${scope.app}/settings`}>
              see what that was
            </Link>
            .
          </Notice>
        )}
        <Field
          label={`For installs from, ${zoneLabel(timezone)}`}
          hint="Installs before this day follow the version before. Installs that were decided already keep their decision."
          error={submission.fieldError('from')}
        >
          {(control) => (
            <Input {...control} name="from" type="date" value={day} onChange={(event) => setDay(event.target.value)} />
          )}
        </Field>
        {submission.formError && (
          <p data-form-error tabIndex={-1} role="alert" className="text-sm text-negative">
            {submission.formError}
          </p>
        )}
      </form>
    </Dialog>
  )
}
