import { randomInt, timingSafeEqual } from 'node:crypto'
import { sha256 } from '#server/authz/index.ts'
import { sendMail } from '#server/modules/mail/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId, newToken, type UserId } from '#server/platform/ids.ts'
import { Prisma, postgres, type Transaction } from '#server/stores/index.ts'
import { countTry, forgetTries } from './limits.ts'
import { alreadyMemberMail, confirmMail } from './mails.ts'
import { assertStrongPassword, hashPassword, passwordFits } from './passwords.ts'

const LIFE_MS = 3_600_000
/** A code has a million values: five tries at each, ten per address in a quarter of an hour. */
const CODE_TRIES = 5

/** What confirming proves. */
export interface ConfirmedUser {
  userId: UserId
  email: string
}

/**
 * Starts a sign-up. Known and unknown addresses take the same steps (one hash, one row, one mail) and get the same answer;
 * only the mail differs. The row of a known address can never be confirmed: its token is sent to nobody and its address is taken.
 * @throws AppError invalid (weak password), rate_limited, unavailable (mail)
 */
export async function startSignUp(
  input: { email: string; password: string; browser?: string },
  ip: string,
): Promise<void> {
  const { email, password } = input
  // Counted first: judging a password's strength costs time that a visitor must not have without limit.
  await countTry('signUp', { ip })
  await assertStrongPassword(password, [email, ...email.split(/[@.+_-]/)])
  await countTry('signUp', { email })
  const passwordHash = await hashPassword(password)
  const known = await postgres().user.findUnique({ where: { email }, select: { id: true } })
  const id = newId('signUp')
  const token = newToken(40)
  const code = String(randomInt(0, 1_000_000)).padStart(6, '0')
  await postgres().signUpRequest.create({
    data: {
      id,
      email,
      passwordHash,
      tokenHash: sha256(token),
      codeHash: sha256(`${id}:${code}`),
      browserHash: input.browser ? sha256(input.browser) : null,
      expiresAt: new Date(Date.now() + LIFE_MS),
    },
  })
  await sendMail(email, known ? alreadyMemberMail() : confirmMail(token, code))
}

/**
 * Finishes a sign-up by the mailed link's token or by address and code; each works once. The link alone is not enough: somebody
 * else may have signed up with this address and a password of theirs, so it asks for the browser that began, or the password.
 * @throws AppError invalid when it is unknown, used, expired or tried too often; rate_limited
 */
export async function confirmSignUp(
  input: { token: string; browser?: string; password?: string } | { email: string; code: string; browser?: string },
  ip: string,
): Promise<ConfirmedUser> {
  await countTry('code', 'email' in input ? { email: input.email, ip } : { ip })
  const requestId = 'token' in input ? await byToken(input) : await byCode(input)
  const refused = new AppError(
    'invalid',
    'token' in input
      ? 'This link was used already or is too old. Sign in, or sign up again for a new one.'
      : 'This code is wrong or too old. Check the newest mail, or sign up again for a new code.',
    { field: 'token' in input ? 'token' : 'code' },
  )
  if (!requestId) throw refused
  try {
    const user = await postgres().$transaction((tx) => use(tx, requestId))
    if (!user) throw refused
    await forgetTries('code', user.email)
    return user
  } catch (error) {
    // Somebody with this address finished another sign-up in between.
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') throw refused
    throw error
  }
}

const alive = () => ({ usedAt: null, expiresAt: { gt: new Date() } })

async function byToken(input: { token: string; browser?: string; password?: string }): Promise<string | undefined> {
  const found = await postgres().signUpRequest.findFirst({ where: { tokenHash: sha256(input.token), ...alive() } })
  if (!found) return undefined
  if (input.browser && found.browserHash && same(found.browserHash, sha256(input.browser))) return found.id
  if (input.password && (await passwordFits(found.passwordHash, input.password))) return found.id
  throw new AppError(
    'invalid',
    input.password
      ? 'This is not the password this sign-up began with. If somebody else began it, ignore the mail and sign up yourself.'
      : 'This is another browser than the one you signed up in. Type the password you chose.',
    { field: 'password' },
  )
}

/** By the code, only in the browser that began: the newest mail may be of somebody else's sign-up with this address. */
async function byCode(input: { email: string; code: string; browser?: string }): Promise<string | undefined> {
  const { email, code } = input
  const browserHash = input.browser ? sha256(input.browser) : ''
  const requests = await postgres().signUpRequest.findMany({
    where: { email, browserHash, ...alive(), attempts: { lt: CODE_TRIES } },
    orderBy: { createdAt: 'desc' },
    take: 5,
  })
  // Counted before the comparison, in the database: parallel tries cannot share one.
  const ids = requests.map((request) => request.id)
  await postgres().signUpRequest.updateMany({ where: { id: { in: ids } }, data: { attempts: { increment: 1 } } })
  const counted = await postgres().signUpRequest.findMany({
    where: { id: { in: ids }, attempts: { lte: CODE_TRIES } },
    select: { id: true },
  })
  const allowed = new Set(counted.map((request) => request.id))
  return requests.find((request) => allowed.has(request.id) && same(request.codeHash, sha256(`${request.id}:${code}`)))
    ?.id
}

const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

/** Marks the request used and makes the person; the condition on `usedAt` lets only one of two clicks through. */
async function use(tx: Transaction, requestId: string): Promise<ConfirmedUser | undefined> {
  const now = new Date()
  const marked = await tx.signUpRequest.updateMany({ where: { id: requestId, ...alive() }, data: { usedAt: now } })
  if (marked.count !== 1) return undefined
  const request = await tx.signUpRequest.findUniqueOrThrow({ where: { id: requestId } })
  const user = await tx.user.create({
    data: { id: newId('user'), email: request.email, passwordHash: request.passwordHash, emailVerifiedAt: now },
  })
  // Other requests of this address hold other passwords, perhaps another person's.
  await tx.signUpRequest.deleteMany({ where: { email: request.email, id: { not: requestId } } })
  return { userId: user.id as UserId, email: user.email }
}
