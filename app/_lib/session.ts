import 'server-only'
import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { findSession, type SignedIn, sessionCookie } from '#server/authz/index.ts'

/** Who is signed in, for server components; read once per request. */
export const currentUser = cache(
  async (): Promise<SignedIn | null> => findSession((await cookies()).get(sessionCookie().name)?.value),
)

/**
 * The signed-in person, or a redirect to the sign-in page that comes back here.
 * @param path this page's path and query
 */
export async function requireUser(path: string): Promise<SignedIn> {
  return (await currentUser()) ?? redirect(`/sign-in?next=${encodeURIComponent(path)}`)
}
