'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useAppScope } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { Button, IconButton } from '#app/_ui/button.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { toast } from '#app/_ui/toast.tsx'

type Settings = Outputs['attribution']['settings']['current']

const HOUR = 3_600_000
const DAY = 24 * HOUR
const FIELDS = ['clickLookbackMs', 'viewLookbackMs', 'reinstallWindowMs', 'perMediaSource']

/** A number typed in a unit, as milliseconds; NaN when it is none, which the server refuses by field. */
const inMs = (data: FormData, name: string, unit: number) => {
  const text = textOf(data, name).trim()
  return text === '' ? Number.NaN : Math.round(Number(text) * unit)
}

/** Days and hours in, milliseconds out; every window of its own for single media sources. */
export function WindowsForm({ current, mayWrite }: { current: Settings; mayWrite: boolean }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const scope = useAppScope()
  const [sources, setSources] = useState(() =>
    Object.entries(current.perMediaSource).map(([name, own], index) => ({ id: index, name, ...own })),
  )
  const update = useMutation(trpc.attribution.updateSettings.mutationOptions())
  const submission = useSubmit(FIELDS, async (data) => {
    const perMediaSource: Record<string, { clickLookbackMs?: number; viewLookbackMs?: number }> = {}
    for (const { id } of sources) {
      const name = textOf(data, `source-${id}`).trim()
      const [clicks, views] = [inMs(data, `clicks-${id}`, DAY), inMs(data, `views-${id}`, HOUR)]
      if (name === '') continue
      perMediaSource[name] = {
        ...(Number.isNaN(clicks) ? {} : { clickLookbackMs: clicks }),
        ...(Number.isNaN(views) ? {} : { viewLookbackMs: views }),
      }
    }
    const saved = await update.mutateAsync({
      ...scope,
      clickLookbackMs: inMs(data, 'clickLookbackMs', DAY),
      viewLookbackMs: inMs(data, 'viewLookbackMs', HOUR),
      reinstallWindowMs: inMs(data, 'reinstallWindowMs', DAY),
      perMediaSource,
      basedOnVersion: current.version,
    })
    await queryClient.invalidateQueries(trpc.attribution.settings.queryFilter(scope))
    toast.done(
      saved.version === current.version ? 'Nothing had changed.' : `Version ${saved.version} holds from now on.`,
    )
  })
  const number = (name: string, label: string, value: number, hint: string, limits: { min: number; max: number }) => (
    <Field label={label} hint={hint} error={submission.fieldError(name)}>
      {(control) => (
        <Input
          {...control}
          name={name}
          type="number"
          step="any"
          {...limits}
          defaultValue={value}
          required
          disabled={!mayWrite}
        />
      )}
    </Field>
  )
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-3">
        {number('clickLookbackMs', 'Clicks, days', current.clickLookbackMs / DAY, '1 to 30', { min: 1, max: 30 })}
        {number('viewLookbackMs', 'Views, hours', current.viewLookbackMs / HOUR, '1 to 72', { min: 1, max: 72 })}
        {number(
          'reinstallWindowMs',
          'Reinstalls, days',
          current.reinstallWindowMs / DAY,
          'The same device again within them. 0 to 730',
          {
            min: 0,
            max: 730,
          },
        )}
      </div>
      <fieldset className="flex flex-col gap-2">
        <legend className="pb-1 text-sm font-medium">Windows of single media sources</legend>
        <p className="text-xs text-muted">
          Where a network’s contract differs. An empty field follows the app’s window.
        </p>
        {sources.map((one) => (
          <div
            key={one.id}
            className="grid grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)_auto] items-center gap-2"
          >
            <Input
              aria-label="Media source"
              name={`source-${one.id}`}
              defaultValue={one.name}
              placeholder="media_source"
              disabled={!mayWrite}
            />
            <Input
              aria-label={`Clicks of ${one.name || 'the media source'}, days`}
              name={`clicks-${one.id}`}
              type="number"
              step="any"
              placeholder="days"
              defaultValue={one.clickLookbackMs === undefined ? '' : one.clickLookbackMs / DAY}
              disabled={!mayWrite}
            />
            <Input
              aria-label={`Views of ${one.name || 'the media source'}, hours`}
              name={`views-${one.id}`}
              type="number"
              step="any"
              placeholder="hours"
              defaultValue={one.viewLookbackMs === undefined ? '' : one.viewLookbackMs / HOUR}
              disabled={!mayWrite}
            />
            {mayWrite && (
              <IconButton
                label={`Remove the windows of ${one.name || 'the media source'}`}
                onClick={() => setSources(sources.filter(({ id }) => id !== one.id))}
              >
                <X />
              </IconButton>
            )}
          </div>
        ))}
        {mayWrite && (
          <div>
            <Button
              size="sm"
              onClick={() =>
                setSources([...sources, { id: Math.max(0, ...sources.map(({ id }) => id + 1)), name: '' }])
              }
            >
              <Plus aria-hidden />
              Add a media source
            </Button>
          </div>
        )}
        {submission.fieldError('perMediaSource') && (
          <p role="alert" className="text-xs text-negative">
            {submission.fieldError('perMediaSource')}
          </p>
        )}
      </fieldset>
      {submission.formError && (
        <p data-form-error tabIndex={-1} role="alert" className="text-sm text-negative">
          {submission.formError}
        </p>
      )}
      {mayWrite && (
        <div>
          <Button type="submit" variant="primary" pending={submission.pending} disabled={submission.loading}>
            Save as a new version
          </Button>
        </div>
      )}
    </form>
  )
}
