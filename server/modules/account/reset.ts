import { endSessionsOf, sha256 } from '#server/authz/index.ts'
import { sendMail } from '#server/modules/mail/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId, newToken, type UserId } from '#server/platform/ids.ts'
import { createLogger } from '#server/platform/logger.ts'
import { postgres } from '#server/stores/index.ts'
import { countTry } from './limits.ts'
import { noAccountMail, passwordChangedMail, resetMail } from './mails.ts'
import { assertStrongPassword, hashPassword } from './passwords.ts'

const LIFE_MS = 3_600_000

/**
 * Sends a link for a new password. Every address gets a mail and the same answer.
 * @throws AppError rate_limited, unavailable (mail)
 */
export async function requestPasswordReset(email: string, ip: string): Promise<void> {
  await countTry('reset', { email, ip })
  const user = await postgres().user.findUnique({ where: { email }, select: { id: true } })
  if (!user) return sendMail(email, noAccountMail())
  const token = newToken(40)
  await postgres().passwordReset.create({
    data: { id: newId('reset'), userId: user.id, tokenHash: sha256(token), expiresAt: new Date(Date.now() + LIFE_MS) },
  })
  return sendMail(email, resetMail(token))
}

/**
 * Sets a new password by a mailed token, once, and ends every session of the person.
 * @throws AppError invalid (token or weak password), rate_limited
 */
export async function resetPassword(input: { token: string; password: string }, ip: string): Promise<void> {
  await countTry('reset', { ip })
  const refused = new AppError('invalid', 'This link was used already or is too old. Ask for a new one.', {
    field: 'token',
  })
  const where = { tokenHash: sha256(input.token), usedAt: null, expiresAt: { gt: new Date() } }
  const found = await postgres().passwordReset.findFirst({ where, include: { user: true } })
  if (!found) throw refused
  const { user } = found
  await assertStrongPassword(input.password, [user.email, ...user.email.split(/[@.+_-]/)])
  const passwordHash = await hashPassword(input.password)
  await postgres().$transaction(async (tx) => {
    const now = new Date()
    const marked = await tx.passwordReset.updateMany({ where, data: { usedAt: now } })
    if (marked.count !== 1) throw refused
    await tx.user.update({
      where: { id: user.id },
      data: { passwordHash, emailVerifiedAt: user.emailVerifiedAt ?? now },
    })
    await tx.passwordReset.updateMany({ where: { userId: user.id, usedAt: null }, data: { usedAt: now } })
    await endSessionsOf(user.id as UserId, tx)
  })
  // The password is changed already: a mail server that is away must not make it look otherwise.
  await sendMail(user.email, passwordChangedMail()).catch((err: unknown) =>
    createLogger('account').warn({ err }, 'password changed, but its mail was not sent'),
  )
}
