'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { dayStart, isDay, todayIn } from '#app/_lib/days.ts'
import { formatDateTime, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { useSubmit } from '#app/_lib/use-submit.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input, Select } from '#app/_ui/input.tsx'
import { toast } from '#app/_ui/toast.tsx'
import { DraftError, draftFields, draftOf, rulesOf } from '../../_components/rules/draft.ts'
import { RulesFields } from '../../_components/rules/rules-fields.tsx'

type Settings = Outputs['attribution']['settings']['current']

/** From which install on a version holds: RFC 3339, or null for those decided from now on. */
function effectiveFromOf(when: 'now' | 'day', day: string, timeZone: string): string | null {
  if (when === 'now') return null
  if (!isDay(day)) throw new DraftError('effectiveFrom', 'Choose a day.')
  return new Date(dayStart(day, timeZone)).toISOString()
}

/** Every rule of attribution in one form; saving makes another version. */
export function RulesForm({
  current,
  mayWrite,
  now,
}: {
  current: Settings
  mayWrite: boolean
  /** Unix milliseconds at which the settings were read. */
  now: number
}) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const scope = useAppScope()
  const { timezone } = useApp()
  const [draft, setDraft] = useState(() => draftOf(current))
  // Rules that wait for their date keep it unless somebody chooses otherwise: changing one must not begin all of them.
  const waits = current.effectiveFrom !== null && Date.parse(current.effectiveFrom) > now ? current.effectiveFrom : null
  const [when, setWhen] = useState<'now' | 'day'>(waits === null ? 'now' : 'day')
  const [day, setDay] = useState(waits === null ? '' : todayIn(timezone, Date.parse(waits)))
  const update = useMutation(trpc.attribution.updateSettings.mutationOptions())
  const submission = useSubmit([...draftFields(draft), 'effectiveFrom'], async () => {
    const effectiveFrom = effectiveFromOf(when, day, timezone)
    const rules = rulesOf(draft)
    const saved = await update.mutateAsync({ ...scope, ...rules, effectiveFrom, basedOnVersion: current.version })
    await queryClient.invalidateQueries(trpc.attribution.settings.queryFilter(scope))
    toast.done(
      saved.version === current.version
        ? 'Nothing had changed.'
        : effectiveFrom
          ? `Version ${saved.version} holds for installs from ${formatDateTime(effectiveFrom, timezone)}.`
          : `Version ${saved.version} holds from now on.`,
    )
  })
  return (
    <form {...submission.form} className="flex flex-col gap-6">
      {waits !== null && (
        <Notice title={`These are the rules of version ${current.version}.`}>
          They hold for installs from {formatDateTime(waits, timezone)} on; until then an earlier version does.
        </Notice>
      )}
      <RulesFields draft={draft} onChange={setDraft} disabled={!mayWrite} error={submission.fieldError} />
      {submission.formError && (
        <p data-form-error tabIndex={-1} role="alert" className="text-sm text-negative">
          {submission.formError}
        </p>
      )}
      {mayWrite && (
        <div className="flex flex-wrap items-end gap-3">
          <Field label="Holds for">
            {(control) => (
              <Select
                {...control}
                value={when}
                onChange={(event) => setWhen(event.target.value === 'day' ? 'day' : 'now')}
              >
                <option value="now">Installs decided from now on</option>
                <option value="day">Installs from a day on</option>
              </Select>
            )}
          </Field>
          {when === 'day' && (
            <Field label={`Day, ${zoneLabel(timezone)}`} error={submission.fieldError('effectiveFrom')}>
              {(control) => (
                <Input
                  {...control}
                  name="effectiveFrom"
                  type="date"
                  value={day}
                  onChange={(event) => setDay(event.target.value)}
                />
              )}
            </Field>
          )}
          <Button type="submit" variant="primary" pending={submission.pending} disabled={submission.loading}>
            Save as a new version
          </Button>
        </div>
      )}
    </form>
  )
}
