import 'server-only'
import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { findSession, type SignedIn, sessionCookie } from '#server/authz/sessions.ts'

/** The signed-in person of the page being rendered; null for a visitor. Asked once per request. */
export const currentUser = cache(async (): Promise<SignedIn | null> => {
  const { name } = sessionCookie()
  return findSession((await cookies()).get(name)?.value)
})

/**
 * The signed-in person, or a redirect to the sign-in page that leads back here.
 * @param back path to come back to; absent: the page's own, as proxy.ts tells it
 */
export async function requireUser(back?: string): Promise<SignedIn> {
  const user = await currentUser()
  if (user) return user
  const path = back ?? (await headers()).get('x-path') ?? '/'
  redirect(`/sign-in?next=${encodeURIComponent(path)}`)
}
