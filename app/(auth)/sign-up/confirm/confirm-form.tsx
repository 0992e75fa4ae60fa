'use client'
import { useEffect, useState } from 'react'
import { signIn } from '#app/_lib/auth-client.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { PasswordField } from '../../_components/fields.tsx'
import { FormError, SubmitButton } from '../../_components/parts.tsx'
import { browserToken } from '../browser-token.ts'

/**
 * The button that finishes the sign-up and signs in. In another browser than the one that began it asks for the password:
 * an address can be typed by anybody, and its owner must not confirm a stranger's password.
 */
export function ConfirmForm({ token }: { token: string }) {
  const [browser, setBrowser] = useState<string | undefined>()
  const [asks, setAsks] = useState(false)
  useEffect(() => {
    const kept = browserToken(false)
    setBrowser(kept)
    setAsks(kept === undefined)
  }, [])
  const submission = useSubmit(['password'], async (data) => {
    const password = textOf(data, 'password')
    try {
      await signIn('sign-up', { token, ...(browser ? { browser } : {}), ...(password ? { password } : {}) })
    } catch (error) {
      setAsks(true)
      throw error
    }
    location.assign('/onboarding')
  })
  return (
    <form {...submission.form} className="flex flex-col gap-4">
      <FormError submission={submission} />
      {asks && (
        <PasswordField
          submission={submission}
          hint="The one you chose when you signed up. If you did not sign up, close this page."
        />
      )}
      <SubmitButton submission={submission}>Confirm and continue</SubmitButton>
    </form>
  )
}
