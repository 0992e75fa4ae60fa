import { RateLimiterPrisma, RateLimiterRes } from 'rate-limiter-flexible'
import { sha256 } from '#server/authz/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { type PrismaClient, postgres } from '#server/stores/index.ts'

const MINUTE = 60
const HOUR = 3600

/** Most tries per address (`email`) and per network address (`ip`) within `seconds`. */
const LIMITS = {
  signIn: { email: 10, ip: 100, seconds: 15 * MINUTE },
  signUp: { email: 5, ip: 60, seconds: HOUR },
  code: { email: 10, ip: 60, seconds: 15 * MINUTE },
  reset: { email: 5, ip: 60, seconds: HOUR },
} as const
type Action = keyof typeof LIMITS

interface Pair {
  email: RateLimiterPrisma
  ip: RateLimiterPrisma
}
let current: { client: PrismaClient; pairs: Map<Action, Pair> } | undefined

function limitersOf(action: Action): Pair {
  const client = postgres()
  if (current?.client !== client) current = { client, pairs: new Map() }
  const known = current.pairs.get(action)
  if (known) return known
  const { email, ip, seconds } = LIMITS[action]
  const limiter = (by: string, points: number) =>
    new RateLimiterPrisma({
      storeClient: client,
      tableName: 'rateLimit',
      keyPrefix: `${action}:${by}`,
      points,
      duration: seconds,
      // Rows that expired are removed by cleanUpAccounts, not by one timer per limiter.
      clearExpiredByTimeout: false,
    })
  const pair = { email: limiter('email', email), ip: limiter('ip', ip) }
  current.pairs.set(action, pair)
  return pair
}

/** Addresses are hashed: the table of counters is no place to read who tried to sign in. */
const keyOf = (value: string) => sha256(value).slice(0, 32)

/**
 * Counts one try. The same for known and unknown addresses, so a limit says nothing about who has an account.
 * @throws AppError rate_limited with the seconds to wait
 */
export async function countTry(action: Action, who: { email?: string; ip?: string }): Promise<void> {
  const pair = limitersOf(action)
  try {
    if (who.ip !== undefined) await pair.ip.consume(keyOf(who.ip))
    if (who.email !== undefined) await pair.email.consume(keyOf(who.email))
  } catch (thrown) {
    if (!(thrown instanceof RateLimiterRes)) throw thrown
    const retryAfter = Math.max(1, Math.ceil(thrown.msBeforeNext / 1000))
    const minutes = Math.ceil(retryAfter / 60)
    throw new AppError(
      'rate_limited',
      `Too many tries. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, then try again.`,
      { retryAfter },
    )
  }
}

/** Forgets an address's failed tries after it succeeded. */
export async function forgetTries(action: Action, address: string): Promise<void> {
  await limitersOf(action).email.delete(keyOf(address))
}
