'use client'
import { useTRPCClient } from '#app/_lib/trpc/index.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { PasswordField } from '../_components/fields.tsx'
import { FormError, SubmitButton } from '../_components/parts.tsx'

/** The new password. */
export function ResetForm({ token }: { token: string }) {
  const trpc = useTRPCClient()
  const submission = useSubmit(['password'], async (data) => {
    await trpc.account.resetPassword.mutate({ token, password: textOf(data, 'password') })
    location.assign('/sign-in?reset=done')
  })
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      <FormError submission={submission} />
      <PasswordField submission={submission} fresh label="New password" hint="At least 10 characters." />
      <SubmitButton submission={submission}>Change password</SubmitButton>
    </form>
  )
}
