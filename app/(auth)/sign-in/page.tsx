import type { Metadata } from 'next'
import { leaveIfSignedIn, one, type SearchParams } from '../_components/home.ts'
import { AuthCard, TextLink } from '../_components/parts.tsx'
import { SignInForm } from './sign-in-form.tsx'

export const metadata: Metadata = { title: 'Sign in' }

/** Sign-in. `next` leads back to where somebody was; `reset=done` follows a changed password. */
export default async function SignInPage({ searchParams }: { searchParams: SearchParams }) {
  const query = await searchParams
  const next = one(query.next)
  await leaveIfSignedIn(next)
  return (
    <AuthCard
      title="Sign in"
      footer={
        <>
          New here? <TextLink href="/sign-up">Create an account</TextLink>
        </>
      }
    >
      {one(query.reset) === 'done' && (
        <p role="status" className="rounded-md bg-positive-soft px-3 py-2 text-sm text-positive">
          Your password was changed. Sign in with the new one.
        </p>
      )}
      <SignInForm next={next} />
      <p className="text-sm">
        <TextLink href="/forgot-password">Forgot your password?</TextLink>
      </p>
    </AuthCard>
  )
}
