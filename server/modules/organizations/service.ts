import { z } from 'zod'
import type { MemberOrganization, Role } from '#server/authz/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId, newToken, type OrgId, type UserId } from '#server/platform/ids.ts'
import { slugify } from '#server/platform/text.ts'
import { Prisma, type PrismaClient, postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { freeSlug, RESERVED_SLUGS } from './slugs.ts'

/** Somebody who may act in an organization. */
export interface Member {
  userId: UserId
  email: string
  name: string | null
  role: Role
  joinedAt: Date
}

const takenSchema = z.array(z.object({ taken: z.boolean() }))

/**
 * Makes an organization with its owner. Its address comes from its name; a taken or reserved one gets a suffix.
 * @param input reportingCurrency: ISO 4217, default USD
 * @param client the application's client, or the owner's for the command line
 */
export async function createOrganization(
  input: { name: string; reportingCurrency?: string; plan?: MemberOrganization['plan']; ownerId: UserId },
  client: PrismaClient = postgres(),
): Promise<{ orgId: OrgId; slug: string }> {
  const { name, reportingCurrency = 'USD', plan = 'free', ownerId } = input
  const wanted = slugify(name, 'organization')
  const taken = async (candidate: string) => {
    if (RESERVED_SLUGS.has(candidate)) return true
    const [row] = takenSchema.parse(await client.$queryRaw`select slug_taken(${candidate}) as taken`)
    return row?.taken ?? true
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    const slug = await freeSlug(wanted, taken, () => newToken(6))
    const orgId = newId('org') as OrgId
    try {
      await withOrg(
        orgId,
        async (tx) => {
          await tx.organization.create({ data: { id: orgId, slug, name, plan, reportingCurrency } })
          await tx.membership.create({ data: { orgId, userId: ownerId, role: 'owner' } })
        },
        client,
      )
      return { orgId, slug }
    } catch (error) {
      // Somebody took the address between the question and the insert: ask again.
      if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')) throw error
    }
  }
  throw new AppError('conflict', 'This name is being taken by several people at once. Try another one.', {
    field: 'name',
  })
}

/** Changes an organization's name or reporting currency; its address stays. */
export async function updateOrganization(
  orgId: OrgId,
  input: { name?: string; reportingCurrency?: string },
): Promise<{ name: string; reportingCurrency: string }> {
  return withOrg(orgId, (tx) =>
    tx.organization.update({ where: { id: orgId }, data: input, select: { name: true, reportingCurrency: true } }),
  )
}

/** Everybody in an organization, by the time they joined. */
export async function listMembers(orgId: OrgId): Promise<Member[]> {
  const rows = await withOrg(orgId, (tx) =>
    tx.membership.findMany({
      where: { orgId },
      include: { user: true },
      orderBy: [{ createdAt: 'asc' }, { userId: 'asc' }],
    }),
  )
  return rows.map((row) => ({
    userId: row.userId as UserId,
    email: row.user.email,
    name: row.user.name,
    role: row.role,
    joinedAt: row.createdAt,
  }))
}

/**
 * An organization by its address, for the operator's command line.
 * @param admin the owner's client: the application's role cannot look across tenants
 */
export async function findOrganization(
  slug: string,
  admin: PrismaClient,
): Promise<{ orgId: OrgId; name: string } | null> {
  const found = await admin.organization.findUnique({ where: { slug }, select: { id: true, name: true } })
  return found && { orgId: found.id as OrgId, name: found.name }
}
