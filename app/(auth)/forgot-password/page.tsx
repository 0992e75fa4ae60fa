import type { Metadata } from 'next'
import { InboxHint } from '../_components/inbox-hint.tsx'
import { AuthCard, TextLink } from '../_components/parts.tsx'
import { ForgotForm } from './forgot-form.tsx'

export const metadata: Metadata = { title: 'Choose a new password' }

/** Asks for the mail with which a new password is chosen. */
export default function ForgotPasswordPage() {
  return (
    <AuthCard
      title="Forgot your password?"
      purpose="Type your address, and we send you a link to choose a new one."
      footer={<TextLink href="/sign-in">Back to sign in</TextLink>}
    >
      <ForgotForm inboxHint={<InboxHint />} />
    </AuthCard>
  )
}
