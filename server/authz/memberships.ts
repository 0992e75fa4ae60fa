import { z } from 'zod'
import type { OrgId, UserId } from '#server/platform/ids.ts'
import { postgres } from '#server/stores/index.ts'
import { ROLES } from './permissions.ts'

const rowSchema = z.object({
  org_id: z.string().transform((value) => value as OrgId),
  slug: z.string(),
  name: z.string(),
  plan: z.enum(['free', 'growth', 'scale', 'enterprise']),
  reporting_currency: z.string(),
  role: z.enum(ROLES),
})

/** An organization as one of its members meets it. */
export interface MemberOrganization {
  orgId: OrgId
  slug: string
  name: string
  plan: 'free' | 'growth' | 'scale' | 'enterprise'
  /** ISO 4217 */
  reportingCurrency: string
  role: (typeof ROLES)[number]
}

/** The organizations of a signed-in person, oldest first. */
export async function membershipsOf(userId: UserId): Promise<MemberOrganization[]> {
  const rows = z.array(rowSchema).parse(await postgres().$queryRaw`select * from lookup_memberships(${userId})`)
  return rows.map((row) => ({
    orgId: row.org_id,
    slug: row.slug,
    name: row.name,
    plan: row.plan,
    reportingCurrency: row.reporting_currency,
    role: row.role,
  }))
}
