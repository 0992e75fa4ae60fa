'use client'
import { useRouter } from 'next/navigation'
import { useTRPCClient } from '#app/_lib/trpc/index.ts'
import { useCurrencies } from '#app/_lib/use-currencies.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { Button } from '#app/_ui/button.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input, Select } from '#app/_ui/input.tsx'
import { StepError, StepTitle } from './parts.tsx'

/** First step: who owns the data. */
export function OrganizationStep() {
  const trpc = useTRPCClient()
  const router = useRouter()
  const currencies = useCurrencies('USD')
  const submission = useSubmit(['name', 'reportingCurrency'], async (data) => {
    const made = await trpc.organizations.create.mutate({
      name: textOf(data, 'name'),
      reportingCurrency: textOf(data, 'reportingCurrency'),
    })
    router.push(`/onboarding?org=${made.slug}`)
  })
  return (
    <>
      <StepTitle title="Name your organization">
        It owns your apps and their data, and the people you work with join it.
      </StepTitle>
      <form {...submission.form} className="ui-card flex flex-col gap-4 p-5">
        <StepError submission={submission} />
        <Field label="Name" hint="Your company or team." error={submission.fieldError('name')}>
          {(control) => <Input {...control} name="name" autoComplete="organization" maxLength={80} required />}
        </Field>
        <Field
          label="Reporting currency"
          hint="Revenue and cost are shown in it. You can change it later."
          error={submission.fieldError('reportingCurrency')}
        >
          {(control) => (
            <Select {...control} name="reportingCurrency" defaultValue="USD">
              {currencies.map(({ code, name }) => (
                <option key={code} value={code}>
                  {name ? `${code} · ${name}` : code}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Button
          type="submit"
          variant="primary"
          size="lg"
          className="self-start"
          pending={submission.pending}
          disabled={submission.loading}
        >
          Create organization
        </Button>
      </form>
    </>
  )
}
