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

/** The signed-in person, or a redirect to the sign-in page that leads back here. */
export async function requireUser(): Promise<SignedIn> {
  const user = await currentUser()
  if (user) return user
  const path = (await headers()).get('x-path') ?? '/'
  redirect(`/sign-in?next=${encodeURIComponent(path)}`)
}
