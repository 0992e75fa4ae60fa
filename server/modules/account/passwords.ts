import { hash, verify } from '@node-rs/argon2'
import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { AppError } from '#server/platform/errors.ts'
import { newToken } from '#server/platform/ids.ts'

/** argon2id with OWASP's parameters (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane). */
const ARGON = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** zxcvbn's scale ends at 4; 3 is "safely unguessable: moderate protection from offline slow-hash scenario". */
const LEAST_SCORE = 3

let estimator: Promise<ZxcvbnFactory> | undefined
let decoy: Promise<string> | undefined

/** Hashes a password for storage. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFKC'), ARGON)
}

/**
 * Whether a password fits a stored hash. Without a hash (no such account) it still does the work, so that the time taken
 * does not tell which addresses exist.
 */
export async function passwordFits(storedHash: string | null | undefined, password: string): Promise<boolean> {
  decoy ??= hash(newToken(), ARGON)
  const fits = await verify(storedHash ?? (await decoy), password.normalize('NFKC'))
  return fits && Boolean(storedHash)
}

/**
 * Refuses passwords that are commonly used, guessable or made of what an attacker knows.
 * @param password within the bounds of schema.ts
 * @param known words an attacker would try first, such as the e-mail address
 * @throws AppError invalid, field `password`
 */
export async function assertStrongPassword(password: string, known: string[]): Promise<void> {
  estimator ??= loadEstimator()
  const { score, feedback } = (await estimator).check(password, [...known, 'unmogrowp'])
  if (score >= LEAST_SCORE) return
  throw new AppError('invalid', explain(feedback.warning), { field: 'password' })
}

async function loadEstimator(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Estimator }, common] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ])
  return new Estimator({ dictionary: common.dictionary, graphs: common.adjacencyGraphs })
}

/** zxcvbn's warnings (keys of its translations) in our words. */
function explain(warning: string | null): string {
  switch (warning) {
    case 'topTen':
    case 'topHundred':
    case 'common':
    case 'similarToCommon':
    case 'pwned':
      return 'This password is one of those that are commonly used, or close to one. Use a few unrelated words instead.'
    case 'userInputs':
      return 'This password contains your address or our name. Use something that has nothing to do with either.'
    case 'sequences':
    case 'straightRow':
    case 'keyPattern':
      return 'Rows of keys and sequences are easy to guess. Use a few unrelated words instead.'
    case 'simpleRepeat':
    case 'extendedRepeat':
      return 'Repeated characters are easy to guess. Use a few unrelated words instead.'
    case 'dates':
    case 'recentYears':
      return 'Dates and years are easy to guess. Use a few unrelated words instead.'
    default:
      return 'This password is easy to guess. Make it longer, for example with one more unrelated word.'
  }
}
