'use client'
import { type ReactNode, useState } from 'react'
import { useTRPCClient } from '#app/_lib/trpc/index.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { EmailField } from '../_components/fields.tsx'
import { FormError, SubmitButton } from '../_components/parts.tsx'

/** The address; afterwards the same words for every address. */
export function ForgotForm({ inboxHint }: { inboxHint: ReactNode }) {
  const trpc = useTRPCClient()
  const [sent, setSent] = useState(false)
  const submission = useSubmit(['email'], async (data) => {
    await trpc.account.requestPasswordReset.mutate({ email: textOf(data, 'email') })
    setSent(true)
  })
  if (sent)
    return (
      <>
        <p role="status" className="rounded-md bg-positive-soft px-3 py-2 text-sm text-positive">
          Check your mail. The link in it works once, for one hour.
        </p>
        {inboxHint}
      </>
    )
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      <FormError submission={submission} />
      <EmailField submission={submission} />
      <SubmitButton submission={submission}>Send the link</SubmitButton>
    </form>
  )
}
