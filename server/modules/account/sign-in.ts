import type { UserId } from '#server/platform/ids.ts'
import { postgres } from '#server/stores/index.ts'
import { countTry, forgetTries } from './limits.ts'
import { passwordFits } from './passwords.ts'

/**
 * Checks an address and password.
 * @returns null when they do not fit together; it never tells whether the address exists, neither by words nor by time
 * @throws AppError rate_limited
 */
export async function checkPassword(
  input: { email: string; password: string },
  ip: string,
): Promise<{ userId: UserId; email: string } | null> {
  await countTry('signIn', { email: input.email, ip })
  const user = await postgres().user.findUnique({ where: { email: input.email } })
  if (!(await passwordFits(user?.passwordHash, input.password)) || !user) return null
  await forgetTries('signIn', input.email)
  return { userId: user.id as UserId, email: user.email }
}
