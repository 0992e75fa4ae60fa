import type { Metadata } from 'next'
import { one, type SearchParams } from '../../_components/home.ts'
import { AuthCard, IncompleteLink, TextLink } from '../../_components/parts.tsx'
import { ConfirmForm } from './confirm-form.tsx'

export const metadata: Metadata = { title: 'Confirm your address', referrer: 'no-referrer' }

/**
 * Where the mailed link leads. Opening it changes nothing: mail scanners open links, so a press of the button finishes
 * the sign-up.
 */
export default async function ConfirmPage({ searchParams }: { searchParams: SearchParams }) {
  const token = one((await searchParams).token) ?? ''
  return (
    <AuthCard
      title="Confirm your address"
      purpose={token ? 'One press, and your account is ready.' : undefined}
      footer={
        <>
          Used already? <TextLink href="/sign-in">Sign in</TextLink>
        </>
      }
    >
      {token ? <ConfirmForm token={token} /> : <IncompleteLink />}
    </AuthCard>
  )
}
