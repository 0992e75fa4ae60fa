import type { Metadata } from 'next'
import { leaveIfSignedIn } from '../_components/home.ts'
import { AuthCard, TextLink } from '../_components/parts.tsx'
import { SignUpForm } from './sign-up-form.tsx'

export const metadata: Metadata = { title: 'Create an account' }

/** Sign-up, first step: address and password. */
export default async function SignUpPage() {
  await leaveIfSignedIn()
  return (
    <AuthCard
      title="Create an account"
      purpose="We mail you a link to confirm the address; your first app comes next."
      footer={
        <>
          Have an account? <TextLink href="/sign-in">Sign in</TextLink>
        </>
      }
    >
      <SignUpForm />
    </AuthCard>
  )
}
