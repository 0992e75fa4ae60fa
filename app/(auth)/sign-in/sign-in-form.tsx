'use client'
import { signIn } from '#app/_lib/auth-client.ts'
import { safeNext } from '#app/_lib/safe-next.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { EmailField, PasswordField } from '../_components/fields.tsx'
import { FormError, SubmitButton } from '../_components/parts.tsx'

/** Address and password. A full page load follows, so that nothing of another person's session stays in memory. */
export function SignInForm({ next }: { next: string | undefined }) {
  const submission = useSubmit([], async (data) => {
    await signIn('password', { email: textOf(data, 'email'), password: textOf(data, 'password') })
    // The door itself knows where somebody who is signed in belongs.
    location.assign(safeNext(next, '/sign-in'))
  })
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      <FormError submission={submission} />
      <EmailField submission={submission} />
      <PasswordField submission={submission} />
      <SubmitButton submission={submission}>Sign in</SubmitButton>
    </form>
  )
}
