import type { Metadata } from 'next'
import { leaveIfSignedIn } from '../../_components/home.ts'
import { InboxHint } from '../../_components/inbox-hint.tsx'
import { AuthCard, TextLink } from '../../_components/parts.tsx'
import { CodeForm } from './code-form.tsx'

export const metadata: Metadata = { title: 'Check your mail' }

/** Sign-up, second step: the link or the code from the mail. */
export default async function CheckYourMailPage() {
  await leaveIfSignedIn()
  return (
    <AuthCard
      title="Check your mail"
      purpose="We sent you a mail. Open its link on this or another device, or type its code here. Both work for one hour."
      footer={
        <>
          No mail after a few minutes? Look into the spam folder, or <TextLink href="/sign-up">try again</TextLink>.
        </>
      }
    >
      <InboxHint />
      <CodeForm />
    </AuthCard>
  )
}
