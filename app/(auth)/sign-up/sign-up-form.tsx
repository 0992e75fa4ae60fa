'use client'
import { useRouter } from 'next/navigation'
import { useTRPCClient } from '#app/_lib/trpc/index.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { EmailField, PasswordField } from '../_components/fields.tsx'
import { FormError, SubmitButton } from '../_components/parts.tsx'
import { browserToken } from './browser-token.ts'
import { rememberEmail } from './remembered-email.ts'

/** Starts a sign-up. The next page is the same for every address. */
export function SignUpForm() {
  const trpc = useTRPCClient()
  const router = useRouter()
  const submission = useSubmit(['email', 'password'], async (data) => {
    const email = textOf(data, 'email')
    await trpc.account.signUp.mutate({ email, password: textOf(data, 'password'), browser: browserToken() })
    rememberEmail(email)
    router.push('/sign-up/check-your-mail')
  })
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      <FormError submission={submission} />
      <EmailField submission={submission} />
      <PasswordField
        submission={submission}
        fresh
        hint="At least 10 characters. A few unrelated words are strong and easy to remember."
      />
      <SubmitButton submission={submission}>Create account</SubmitButton>
    </form>
  )
}
