import type { OrgId } from '#server/platform/ids.ts'
import { type PrismaClient, postgres, type Transaction } from '#server/stores/index.ts'

/**
 * Runs work inside one transaction that sees only the given organization's rows (row-level security).
 * One transaction per request: no network call inside it, and use only `tx`, never another client.
 * @param orgId the tenant, taken from the session or key, never from the input alone
 */
export function withOrg<T>(
  orgId: OrgId,
  work: (tx: Transaction) => Promise<T>,
  client: PrismaClient = postgres(),
): Promise<T> {
  return client.$transaction(async (tx) => {
    await tx.$executeRaw`select set_config('app.org_id', ${orgId}, true)`
    return work(tx)
  })
}
