import { sendLines } from '#server/modules/ingestion/index.ts'
import { withTemporaryKey } from '#server/modules/keys/index.ts'
import type { ClaimedTouchpoint, HeldClaim, Outcome } from '#server/modules/networks/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type PrismaClient, postgres } from '#server/stores/index.ts'

/** A collector that is away is asked again with the next turn; a turn must end before its lease. */
const PATIENCE_MS = 10_000

/** A claim with the touchpoint that is to be sent. */
export interface Deliverable {
  held: HeldClaim
  touchpoint: ClaimedTouchpoint
}

/** Where claims go. */
export interface ClaimTarget {
  /** The collector's address. */
  collector: string
  postgres?: PrismaClient
}

/**
 * Sends touchpoints of one app to a collector as any server does. Sent again after a crash, they are the same touchpoints.
 * @returns what became of each, in order
 * @throws AppError when the collector is away or takes nothing
 */
export function deliverClaims(
  { orgId, appId }: { orgId: OrgId; appId: AppId },
  claims: readonly Deliverable[],
  { collector, postgres: client = postgres() }: ClaimTarget,
): Promise<Outcome[]> {
  const key = { name: 'Network claims', scopes: ['touchpoints:write' as const] }
  return withTemporaryKey(
    orgId,
    key,
    async (secretKey) => {
      const lines = claims.map(({ touchpoint }) => JSON.stringify(touchpoint))
      const headers = { authorization: `Bearer ${secretKey}`, 'x-app-id': appId }
      const answer = await sendLines(`${collector}/v1/touchpoints`, lines, headers, { patienceMs: PATIENCE_MS })
      if (answer.accepted + answer.rejected.length !== lines.length)
        throw new Error(`The collector at ${collector} answered for other rows than were sent.`)
      const refused = new Map(answer.rejected.map(({ index, message }) => [index, message]))
      return claims.map((_, place): Outcome => {
        const message = refused.get(place)
        return message === undefined
          ? { state: 'claimed' }
          : { state: 'failed', error: `The claim is no touchpoint: ${message}` }
      })
    },
    client,
  )
}
