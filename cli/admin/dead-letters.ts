import { z } from 'zod'
import { letterSelection, type Replayed, replayLetters } from '#server/modules/ingestion/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { TenantQuery } from '#server/query/index.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import type { Product } from './product.ts'

interface App {
  orgId: OrgId
  appId: AppId
}

const deadLetterSchema = z.object({
  rejected_id: z.string(),
  kind: z.string(),
  received_at: z.string(),
  code: z.string(),
  field: z.string(),
  message: z.string(),
  raw: z.string(),
})

const scopeOf = ({ orgId, appId }: App) => ({ ...wholeOrganization(orgId), apps: [appId] })

/** The newest dead letters of an app, with reason, field and the text that was sent. */
export async function listDeadLetters(
  app: App,
  limit: number,
): Promise<{ deadLetters: z.output<typeof deadLetterSchema>[] }> {
  const query = new TenantQuery(scopeOf(app))
  const columns = Object.keys(deadLetterSchema.shape)
  const sql = `select * from ${query.table('rejected_events', columns)} order by received_at desc, rejected_id limit ${query.bind('UInt32', limit)}`
  return { deadLetters: await query.rows(sql, deadLetterSchema, { surface: 'admin' }) }
}

/**
 * Sends an app's dead letters once more, as the console's button does.
 * @param options code: only those with this reason; again: those that were taken at an earlier replay too
 */
export async function replayDeadLetters(
  product: Product,
  app: App,
  options: { code: string; again: boolean },
): Promise<Omit<Replayed, 'next'>> {
  const target = {
    ...app,
    scope: scopeOf(app),
    timezone: 'UTC',
    collector: await product.collector(),
    client: product.admin,
  }
  const selection = letterSelection.parse({ again: options.again, ...(options.code ? { code: options.code } : {}) })
  const sum = { replayed: 0, accepted: 0, rejected: 0 }
  for (let cursor: string | undefined | null; cursor !== null; ) {
    const { next, ...done } = await replayLetters(
      target,
      { ...selection, ...(cursor ? { cursor } : {}) },
      { surface: 'admin' },
    )
    sum.replayed += done.replayed
    sum.accepted += done.accepted
    sum.rejected += done.rejected
    cursor = next
  }
  return sum
}
