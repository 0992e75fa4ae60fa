'use client'
import { signIn } from '#app/_lib/auth-client.ts'
import { useSubmit } from '#app/_lib/use-submit.ts'
import { FormError, SubmitButton } from '../../_components/parts.tsx'

/** The button that finishes the sign-up and signs in. */
export function ConfirmForm({ token }: { token: string }) {
  const submission = useSubmit([], async () => {
    await signIn('sign-up', { token })
    location.assign('/onboarding')
  })
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      <FormError submission={submission} />
      <SubmitButton submission={submission}>Confirm and continue</SubmitButton>
    </form>
  )
}
