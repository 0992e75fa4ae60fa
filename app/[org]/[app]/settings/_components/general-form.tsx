'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useAppScope, useCan } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { toast } from '#app/_ui/toast.tsx'

const PLATFORM_WORD = { ios: 'iOS', android: 'Android', web: 'Web' } as const

/** Name, time zone and store id; platform, bundle id and app id to look at. */
export function GeneralForm({ app }: { app: Outputs['apps']['get'] }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const router = useRouter()
  const scope = useAppScope()
  const mayWrite = useCan('apps:write')
  const update = useMutation(trpc.apps.update.mutationOptions())
  const submission = useSubmit(['name', 'timezone', 'storeId'], async (data) => {
    await update.mutateAsync({
      ...scope,
      name: textOf(data, 'name'),
      timezone: textOf(data, 'timezone'),
      storeId: textOf(data, 'storeId') || null,
    })
    await queryClient.invalidateQueries(trpc.apps.pathFilter())
    toast.done('App saved.')
    router.refresh()
  })
  return (
    <Card title="General">
      <form {...submission.form} className="flex flex-col gap-4">
        {!mayWrite && <Notice>Your role cannot change this. An owner or admin can.</Notice>}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Name" error={submission.fieldError('name')}>
            {(control) => (
              <Input {...control} name="name" defaultValue={app.name} maxLength={80} required disabled={!mayWrite} />
            )}
          </Field>
          <Field
            label="Time zone"
            hint="Days begin at its midnight, in every report. Changing it moves days, not data."
            error={submission.fieldError('timezone')}
          >
            {(control) => (
              <>
                <Input
                  {...control}
                  name="timezone"
                  defaultValue={app.timezone}
                  list="time-zones"
                  autoComplete="off"
                  required
                  disabled={!mayWrite}
                />
                <datalist id="time-zones">
                  {['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => (
                    <option key={zone} value={zone} />
                  ))}
                </datalist>
              </>
            )}
          </Field>
          {app.platform !== 'web' && (
            <Field
              label="Store id"
              optional={app.platform === 'android'}
              hint={
                app.platform === 'ios'
                  ? 'The number in your App Store address; links need it.'
                  : 'Only where it differs from the package name.'
              }
              error={submission.fieldError('storeId')}
            >
              {(control) => (
                <Input
                  {...control}
                  name="storeId"
                  defaultValue={app.storeId ?? ''}
                  maxLength={64}
                  disabled={!mayWrite}
                />
              )}
            </Field>
          )}
        </div>
        <dl className="grid gap-4 sm:grid-cols-2">
          <div>
            <dt className="pb-1 text-sm font-medium">{PLATFORM_WORD[app.platform]} app</dt>
            <dd>
              <CopyField value={app.bundleId} label="Copy the bundle id" />
            </dd>
          </div>
          <div>
            <dt className="pb-1 text-sm font-medium">App id, for servers</dt>
            <dd>
              <CopyField value={app.appId} label="Copy the app id" />
            </dd>
          </div>
        </dl>
        {submission.formError && (
          <p data-form-error tabIndex={-1} role="alert" className="text-sm text-negative">
            {submission.formError}
          </p>
        )}
        {mayWrite && (
          <div>
            <Button type="submit" variant="primary" pending={submission.pending} disabled={submission.loading}>
              Save
            </Button>
          </div>
        )}
      </form>
    </Card>
  )
}
