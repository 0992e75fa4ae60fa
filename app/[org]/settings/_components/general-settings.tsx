'use client'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import type { FormEvent } from 'react'
import { useCan, useConsole } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { useCurrencies } from '#app/_lib/use-currencies.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input, Select } from '#app/_ui/input.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { toast } from '#app/_ui/toast.tsx'

/** The organization's name and the currency its reports are in. */
export function GeneralSettings() {
  const { org } = useConsole()
  const mayWrite = useCan('org:write')
  const currencies = useCurrencies(org.reportingCurrency)
  const router = useRouter()
  const trpc = useTRPC()
  const update = useMutation(
    trpc.organizations.update.mutationOptions({
      onSuccess: () => {
        toast.done('Organization saved.')
        router.refresh()
      },
    }),
  )
  const problem = update.isError ? describeError(update.error) : null
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    update.mutate({
      org: org.slug,
      name: String(form.get('name')),
      reportingCurrency: String(form.get('reportingCurrency')),
    })
  }
  return (
    <PageBody narrow>
      <PageHeader title="Organization" purpose="Its name, and the currency its reports are in." />
      <Card>
        <form className="flex flex-col gap-4" onSubmit={submit}>
          {!mayWrite && <Notice>Your role cannot change this. An owner or admin can.</Notice>}
          <Field label="Name" error={problem?.field === 'name' ? problem.message : null}>
            {(control) => (
              <Input {...control} name="name" defaultValue={org.name} maxLength={80} required disabled={!mayWrite} />
            )}
          </Field>
          <Field label="Address" hint="Part of every console address. It does not change with the name.">
            {(control) => (
              <div {...control}>
                <CopyField value={org.slug} label="Copy the address" />
              </div>
            )}
          </Field>
          <Field
            label="Reporting currency"
            hint="Revenue and cost are converted to it by the dated rates you import. Stored amounts keep their own currency."
            error={problem?.field === 'reportingCurrency' ? problem.message : null}
          >
            {(control) => (
              <Select {...control} name="reportingCurrency" defaultValue={org.reportingCurrency} disabled={!mayWrite}>
                {currencies.map(({ code, name }) => (
                  <option key={code} value={code}>
                    {name ? `${code} · ${name}` : code}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {problem && !problem.field && (
            <p role="alert" className="text-sm text-negative">
              {problem.message}
            </p>
          )}
          {mayWrite && (
            <div>
              <Button type="submit" variant="primary" pending={update.isPending}>
                Save
              </Button>
            </div>
          )}
        </form>
      </Card>
    </PageBody>
  )
}
