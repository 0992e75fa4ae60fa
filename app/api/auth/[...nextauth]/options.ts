import 'server-only'
import type { NextAuthOptions, User } from 'next-auth'
import Credentials from 'next-auth/providers/credentials'
import { webLogger } from '#app/_lib/request-context.ts'
import {
  clientIp,
  createSession,
  endSession,
  findSession,
  SESSION_DAYS,
  sessionCookie,
  sessionTokenOf,
} from '#server/authz/index.ts'
import { checkPassword, confirmInput, confirmSignUp, signInInput } from '#server/modules/account/index.ts'
import { authSecret, env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import type { UserId } from '#server/platform/ids.ts'

const SECONDS = SESSION_DAYS * 86_400

/**
 * next-auth with sessions in the database although the providers are credentials: it only offers signed tokens there, which
 * nobody can revoke. So its "token" is a random string, and encode and decode write and read the session's row instead.
 * @param request the request being answered: its address and old session belong to the sign-in
 */
export function authOptions(request: Request): NextAuthOptions {
  const { name, secure } = sessionCookie()
  const ip = clientIp(request.headers)
  return {
    secret: authSecret(),
    useSecureCookies: secure,
    cookies: { sessionToken: { name, options: { httpOnly: true, sameSite: 'lax', path: '/', secure } } },
    session: { strategy: 'jwt', maxAge: SECONDS },
    pages: { signIn: '/sign-in', signOut: '/sign-in', error: '/sign-in' },
    providers: [
      Credentials({
        id: 'password',
        credentials: { email: {}, password: {} },
        authorize: (given) =>
          told(async () => {
            const input = signInInput.safeParse(given)
            return input.success ? asUser(await checkPassword(input.data, ip)) : null
          }),
      }),
      Credentials({
        id: 'sign-up',
        credentials: { token: {}, browser: {}, password: {}, email: {}, code: {} },
        authorize: (given) =>
          told(async () => {
            const input = confirmInput.safeParse(given)
            return input.success ? asUser(await confirmSignUp(input.data, ip)) : null
          }),
      }),
    ],
    jwt: {
      maxAge: SECONDS,
      async encode({ token }) {
        if (typeof token?.sessionToken === 'string') return token.sessionToken
        if (!token?.sub) throw new Error('a session needs a person')
        // The browser's old session ends with the new one's beginning; it never carries over.
        const old = sessionTokenOf(request.headers)
        if (old) await endSession(old)
        const userAgent = request.headers.get('user-agent') ?? ''
        return (await createSession(token.sub as UserId, { ip, userAgent })).token
      },
      async decode({ token }) {
        const found = await findSession(token)
        return found && { sub: found.userId, email: found.email, name: found.name, sessionToken: token }
      },
    },
    events: {
      async signOut({ token }) {
        if (typeof token?.sessionToken === 'string') await endSession(token.sessionToken)
      },
    },
    callbacks: {
      // Only our own pages, whatever the form says.
      redirect({ url }) {
        const own = new URL(env().WEB_URL).origin
        const target = URL.canParse(url, own) ? new URL(url, own) : undefined
        return target?.origin === own ? target.href : own
      },
    },
    logger: {
      error: (code) => {
        // A session that ended is everyday; next-auth reports it as an error.
        if (code !== 'JWT_SESSION_ERROR') webLogger().warn({ code }, 'next-auth reported an error')
      },
      warn: () => undefined,
      debug: () => undefined,
    },
  }
}

const asUser = (found: { userId: string; email: string } | null): User | null =>
  found && { id: found.userId, email: found.email }

/** next-auth shows the message of whatever is thrown, so only messages meant for people may leave. */
async function told(work: () => Promise<User | null>): Promise<User | null> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError) throw new Error(error.message)
    webLogger().error({ err: error }, 'sign-in failed')
    throw new Error('Something failed on our side. Try again in a minute.')
  }
}
