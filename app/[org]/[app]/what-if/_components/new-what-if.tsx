'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { addDays, isDay, todayIn } from '#app/_lib/days.ts'
import { zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { useSubmit } from '#app/_lib/use-submit.ts'
import { Button } from '#app/_ui/button.tsx'
import { Dialog, DialogClose } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { DraftError, draftFields, draftOf, rulesOf } from '../../_components/rules/draft.ts'
import { RulesFields } from '../../_components/rules/rules-fields.tsx'

const FORM = 'new-what-if'
/** The period that the form begins with, in days until yesterday. */
const USUAL_DAYS = 30

type Settings = Outputs['attribution']['settings']['current']

/** Makes a what-if: a period, and settings to try, beginning with the current ones. */
export function NewWhatIf({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const settings = useQuery(trpc.attribution.settings.queryOptions(scope))
  const [pending, setPending] = useState(false)
  return (
    <Dialog
      open
      side
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title="New what-if"
      description="The stored installs of the period are decided again, over the stored touchpoints. Reports stay as they are."
      footer={
        <>
          <DialogClose>
            <Button>Cancel</Button>
          </DialogClose>
          <Button variant="primary" type="submit" form={FORM} pending={pending} disabled={!settings.data}>
            Run what-if
          </Button>
        </>
      }
    >
      {settings.isError ? (
        <ErrorState error={settings.error} retry={() => void settings.refetch()} />
      ) : settings.data ? (
        <Form current={settings.data.current} onPending={setPending} onMade={onMade} />
      ) : (
        <TableSkeleton rows={8} />
      )}
    </Dialog>
  )
}

function Form({
  current,
  onPending,
  onMade,
}: {
  current: Settings
  onPending: (pending: boolean) => void
  onMade: (id: string) => void
}) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const queries = useQueryClient()
  const { timezone } = useApp()
  const today = todayIn(timezone)
  const [draft, setDraft] = useState(() => draftOf(current))
  const [name, setName] = useState('')
  const [first, setFirst] = useState(addDays(today, -USUAL_DAYS))
  const [last, setLast] = useState(addDays(today, -1))
  const create = useMutation(trpc.replays.create.mutationOptions())
  // The server names the rules below `settings`.
  const fields = draftFields(draft)
  const submission = useSubmit(
    ['name', 'from', 'to', ...fields, ...fields.map((field) => `settings.${field}`)],
    async () => {
      if (!isDay(first)) throw new DraftError('from', 'Choose the first day.')
      if (!isDay(last)) throw new DraftError('to', 'Choose the last day.')
      const settings = rulesOf(draft)
      onPending(true)
      try {
        const made = await create.mutateAsync({ ...scope, name, from: first, to: addDays(last, 1), settings })
        await queries.invalidateQueries(trpc.replays.list.queryFilter(scope))
        onMade(made.id)
      } finally {
        onPending(false)
      }
    },
  )
  const error = (field: string) => submission.fieldError(field) ?? submission.fieldError(`settings.${field}`)
  return (
    <form {...submission.form} id={FORM} className="flex flex-col gap-6">
      <div className="grid gap-4 sm:grid-cols-3">
        <Field
          label="Name"
          hint="What you want to know, such as 1-day click window."
          error={error('name')}
          className="sm:col-span-3"
        >
          {(control) => (
            <Input
              {...control}
              name="name"
              value={name}
              onChange={(event) => setName(event.target.value)}
              maxLength={100}
              required
              autoComplete="off"
            />
          )}
        </Field>
        <Field label="First day" error={error('from')}>
          {(control) => (
            <Input
              {...control}
              name="from"
              type="date"
              value={first}
              max={today}
              onChange={(event) => setFirst(event.target.value)}
            />
          )}
        </Field>
        <Field label="Last day" error={error('to')}>
          {(control) => (
            <Input
              {...control}
              name="to"
              type="date"
              value={last}
              max={today}
              onChange={(event) => setLast(event.target.value)}
            />
          )}
        </Field>
        <p className="self-end pb-2 text-xs text-muted">
          At most 400 days, in {zoneLabel(timezone)}. Re-engagements are not decided again, and re-attributions count as
          reinstalls.
        </p>
      </div>
      {submission.formError && (
        <p data-form-error tabIndex={-1} role="alert" className="text-sm text-negative">
          {submission.formError}
        </p>
      )}
      <RulesFields draft={draft} onChange={setDraft} error={error} />
    </form>
  )
}
