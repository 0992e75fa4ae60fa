'use client'
import { Eye, EyeOff } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Submission } from '#app/_lib/use-submit.ts'
import { IconButton } from '#app/_ui/button.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'

/** The e-mail field of every door. */
export function EmailField({ submission, defaultValue }: { submission: Submission; defaultValue?: string }) {
  return (
    <Field label="E-mail" error={submission.fieldError('email')}>
      {(control) => (
        <Input
          {...control}
          name="email"
          type="email"
          autoComplete="username"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
          required
          defaultValue={defaultValue}
        />
      )}
    </Field>
  )
}

/**
 * The password field, with a button that shows what was typed.
 * @param fresh a new password: browsers offer to make one
 */
export function PasswordField({
  submission,
  fresh,
  label = 'Password',
  hint,
}: {
  submission: Submission
  fresh?: boolean
  label?: string
  hint?: ReactNode
}) {
  const [shown, setShown] = useState(false)
  return (
    <Field label={label} hint={hint} error={submission.fieldError('password')}>
      {(control) => (
        <div className="flex items-center gap-1">
          <Input
            {...control}
            name="password"
            type={shown ? 'text' : 'password'}
            autoComplete={fresh ? 'new-password' : 'current-password'}
            autoCapitalize="none"
            spellCheck={false}
            maxLength={128}
            required
          />
          <IconButton label={shown ? 'Hide the password' : 'Show the password'} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff /> : <Eye />}
          </IconButton>
        </div>
      )}
    </Field>
  )
}
