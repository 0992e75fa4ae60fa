import { createHash } from 'node:crypto'
import { env } from '#server/platform/env.ts'
import { newId, newToken, type UserId } from '#server/platform/ids.ts'
import { postgres, type Transaction } from '#server/stores/index.ts'

/** How long a sign-in lasts, in days, wherever it is used. */
export const SESSION_DAYS = 30
const DAY_MS = 86_400_000

/** The signed-in person behind a session token. */
export interface SignedIn {
  userId: UserId
  sessionId: string
  email: string
  name: string | null
}

/** Name and safety of the session cookie. Over https the `__Host-` prefix keeps sibling domains from planting one. */
export function sessionCookie(): { name: string; secure: boolean } {
  const secure = env().WEB_URL.startsWith('https:')
  return { name: `${secure ? '__Host-' : ''}unmogrowp.session`, secure }
}

/** What is stored of a secret that its holder shows: SHA-256 in hexadecimal. Enough for random values, never for passwords. */
export function sha256(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/**
 * Starts a session and returns the token for the cookie; the database keeps only its hash. Every sign-in calls this, so a
 * token planted before the sign-in is worth nothing after it.
 */
export async function createSession(
  userId: UserId,
  from: { ip: string; userAgent: string },
): Promise<{ token: string; sessionId: string; expiresAt: Date }> {
  const token = newToken(40)
  const sessionId = newId('session')
  const expiresAt = new Date(Date.now() + SESSION_DAYS * DAY_MS)
  await postgres().session.create({
    data: {
      id: sessionId,
      tokenHash: sha256(token),
      userId,
      expiresAt,
      ip: from.ip.slice(0, 64),
      userAgent: from.userAgent.toWellFormed().replaceAll('\0', '').slice(0, 300),
    },
  })
  return { token, sessionId, expiresAt }
}

/** Whose session a token opens; null when there is none, it ended or it expired. */
export async function findSession(token: string | undefined): Promise<SignedIn | null> {
  if (!token || token.length > 200) return null
  const found = await postgres().session.findUnique({ where: { tokenHash: sha256(token) }, include: { user: true } })
  if (!found || found.expiresAt.getTime() <= Date.now()) return null
  return { userId: found.userId as UserId, sessionId: found.id, email: found.user.email, name: found.user.name }
}

/** The signed-in person of an HTTP request, by its session cookie. */
export function sessionFromRequest(request: Request): Promise<SignedIn | null> {
  return findSession(sessionTokenOf(request.headers))
}

/** The session token in a request's cookies. */
export function sessionTokenOf(headers: Headers): string | undefined {
  const { name } = sessionCookie()
  for (const part of (headers.get('cookie') ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}

/** Ends one session; ending it twice is no error. */
export async function endSession(token: string): Promise<void> {
  await postgres().session.deleteMany({ where: { tokenHash: sha256(token) } })
}

/**
 * Ends every session of a person, as after a password reset.
 * @param tx the transaction that also changes the password, so that neither happens alone
 */
export async function endSessionsOf(userId: UserId, tx: Transaction): Promise<void> {
  await tx.session.deleteMany({ where: { userId } })
}
