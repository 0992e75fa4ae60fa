import { Prisma, type PrismaClient, postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import type { Claim, ClaimedTouchpoint } from './answer.ts'
import type { HeldClaim } from './claims.ts'

/** Waits between tries: 5 s, doubling, at most half an hour; a network that was down for an hour is asked soon after. */
const BACKOFF = { firstMs: 5_000, mostMs: 30 * 60_000 }

/** How one turn of a question ended. Times are Unix milliseconds. */
export type Outcome =
  | { state: 'not_claimed' }
  | { state: 'failed'; error: string; answer?: Claim | null }
  /** The network claims it: the touchpoint is kept before it is sent. */
  | { state: 'touchpoint'; claim: Claim; touchpoint: ClaimedTouchpoint }
  /** The touchpoint is durable at the collector. */
  | { state: 'claimed' }
  /** Nobody knows yet; `asked` is false where the network had no part in it. */
  | { state: 'again'; error: string; at: number; asked: boolean }

/**
 * Writes down how a turn ended. A question that another worker took meanwhile is left to that one, and of one that was dropped
 * with its network nothing comes.
 * @param now Unix milliseconds
 * @returns what it came to: a second install under a claim id that is known is refused here
 */
export async function endTurn(
  held: HeldClaim,
  worker: string,
  outcome: Outcome,
  now: number,
  client: PrismaClient = postgres(),
): Promise<Outcome> {
  try {
    const mine = await writeTurn(held, worker, outcome, now, client)
    if (mine || outcome.state !== 'touchpoint') return outcome
    return { state: 'again', error: 'It was dropped or taken over meanwhile.', at: now, asked: true }
  } catch (error) {
    if (outcome.state !== 'touchpoint') throw error
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')) throw error
    const refused: Outcome = {
      state: 'failed',
      error: 'This claim_id was given to another install.',
      answer: outcome.claim,
    }
    await writeTurn(held, worker, refused, now, client)
    return refused
  }
}

/** @returns whether the question was still this worker's */
function writeTurn(
  held: HeldClaim,
  worker: string,
  outcome: Outcome,
  now: number,
  client: PrismaClient,
): Promise<boolean> {
  const { orgId, appId, networkId, deviceId } = held
  const data = changesOf(held, outcome, now)
  return withOrg(
    orgId,
    async (tx) => {
      const { count } = await tx.networkClaim.updateMany({
        where: { orgId, appId, networkId, deviceId, state: 'waiting', leaseOwner: worker },
        data,
      })
      if (count === 0 || outcome.state === 'claimed') return count > 0
      const asked = outcome.state !== 'again' || outcome.asked ? { lastAskedAt: new Date(now) } : {}
      const error = 'error' in outcome ? { lastError: outcome.error, lastErrorAt: new Date(now) } : {}
      await tx.network.updateMany({ where: { id: networkId, orgId, appId }, data: { ...asked, ...error } })
      return true
    },
    client,
  )
}

function changesOf(held: HeldClaim, outcome: Outcome, now: number): Prisma.NetworkClaimUpdateManyMutationInput {
  const free = { leaseOwner: null, leaseUntil: null }
  const ended = { ...free, endedAt: new Date(now), install: {} }
  const tries = held.tries + 1
  switch (outcome.state) {
    case 'touchpoint': {
      const { claim, touchpoint } = outcome
      // The lease stays: this worker sends it next.
      return { answer: { ...claim }, claimId: claim.claim_id, touchpoint: { ...touchpoint }, error: null, tries }
    }
    case 'claimed':
      return { ...ended, state: 'claimed', error: null }
    case 'not_claimed':
      return { ...ended, state: 'not_claimed', answer: { claimed: false }, error: null, tries }
    case 'failed':
      return {
        ...ended,
        state: 'failed',
        error: outcome.error,
        tries,
        ...(outcome.answer ? { answer: { ...outcome.answer } } : {}),
      }
    case 'again':
      return { ...free, error: outcome.error, nextTryAt: new Date(outcome.at), ...(outcome.asked ? { tries } : {}) }
  }
}

/**
 * When a question is asked again, in Unix milliseconds; the half of the wait is chance, so that a network that comes back is
 * not asked everything at once.
 * @param tries how often it was tried before
 * @param retryAfterMs what the network wants at least
 */
export function nextTry(tries: number, now: number, retryAfterMs = 0, random: () => number = Math.random): number {
  const ceiling = Math.min(BACKOFF.mostMs, BACKOFF.firstMs * 2 ** Math.min(tries, 20))
  return now + Math.max(retryAfterMs, Math.round(ceiling / 2 + (random() * ceiling) / 2))
}
