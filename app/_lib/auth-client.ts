'use client'

/**
 * Signs in through next-auth's callback route.
 * @param provider `password` (email, password) or `sign-up` (token, or email and code)
 * @param fields the provider's fields
 * @throws Error with a message to show
 */
export async function signIn(provider: 'password' | 'sign-up', fields: Record<string, string>): Promise<void> {
  const { url } = await post(`callback/${provider}`, fields)
  const query = new URL(url, location.origin).searchParams
  if (query.has('csrf')) throw new Error('This page was open for too long. Reload it and try again.')
  const error = query.get('error')
  if (error === null) return
  if (error !== 'CredentialsSignin') throw new Error(error)
  throw new Error(
    provider === 'password'
      ? 'This e-mail address and password do not fit together. Try again, or choose a new password.'
      : 'This link or code is not complete. Open the link from the mail again.',
  )
}

async function post(path: string, fields: Record<string, string>): Promise<{ url: string }> {
  const token = (await (await fetch('/api/auth/csrf')).json()) as { csrfToken: string }
  const answer = await fetch(`/api/auth/${path}`, {
    method: 'POST',
    body: new URLSearchParams({ ...fields, csrfToken: token.csrfToken, json: 'true', callbackUrl: '/' }),
  })
  const body = (await answer.json().catch(() => null)) as { url?: unknown } | null
  if (typeof body?.url !== 'string') throw new Error('The server did not answer as expected. Try again in a minute.')
  return { url: body.url }
}
