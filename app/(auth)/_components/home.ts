import 'server-only'
import { redirect } from 'next/navigation'
import { safeNext } from '#app/_lib/safe-next.ts'
import { currentUser } from '#app/_lib/session.ts'
import { membershipsOf } from '#server/authz/index.ts'

/**
 * Sends somebody who is signed in where they belong: back to the page they came from, to their organization, or to onboarding.
 * @param next the path the door was opened with
 */
export async function leaveIfSignedIn(next?: string): Promise<void> {
  const user = await currentUser()
  if (!user) return
  const wanted = safeNext(next, '')
  if (wanted && wanted !== '/') redirect(wanted)
  const [first] = await membershipsOf(user.userId)
  redirect(first ? `/${first.slug}` : '/onboarding')
}

/** What a page gets of its address. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>

/** A search parameter that was given once. */
export function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
