import type { Metadata } from 'next'
import { one, type SearchParams } from '../_components/home.ts'
import { AuthCard, IncompleteLink, TextLink } from '../_components/parts.tsx'
import { ResetForm } from './reset-form.tsx'

export const metadata: Metadata = { title: 'Choose a new password', referrer: 'no-referrer' }

/** Where the mailed link leads: a new password. */
export default async function ResetPasswordPage({ searchParams }: { searchParams: SearchParams }) {
  const token = one((await searchParams).token) ?? ''
  return (
    <AuthCard
      title="Choose a new password"
      purpose={token ? 'It signs you out everywhere else.' : undefined}
      footer={
        <>
          The link does not work? <TextLink href="/forgot-password">Ask for a new one</TextLink>
        </>
      }
    >
      {token ? <ResetForm token={token} /> : <IncompleteLink />}
    </AuthCard>
  )
}
