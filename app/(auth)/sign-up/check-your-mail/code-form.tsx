'use client'
import { useEffect, useState } from 'react'
import { signIn } from '#app/_lib/auth-client.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { EmailField } from '../../_components/fields.tsx'
import { FormError, SubmitButton } from '../../_components/parts.tsx'
import { browserToken } from '../browser-token.ts'
import { rememberedEmail } from '../remembered-email.ts'

/** The mailed code; the address is filled in when this tab began the sign-up. */
export function CodeForm() {
  const [email, setEmail] = useState('')
  useEffect(() => setEmail(rememberedEmail()), [])
  const submission = useSubmit([], async (data) => {
    const browser = browserToken(false)
    if (!browser) throw new Error('This browser did not begin the sign-up. Open the link from the mail instead.')
    await signIn('sign-up', { email: textOf(data, 'email'), code: textOf(data, 'code'), browser })
    location.assign('/onboarding')
  })
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      <FormError submission={submission} />
      <EmailField key={email} submission={submission} defaultValue={email} />
      <Field label="Code" hint="Six digits.">
        {(control) => (
          <Input
            {...control}
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={9}
            required
            className="font-mono tracking-[0.3em]"
          />
        )}
      </Field>
      <SubmitButton submission={submission}>Continue</SubmitButton>
    </form>
  )
}
