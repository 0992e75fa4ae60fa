import { membershipsOf, permissionsOf } from '#server/authz/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { procedure, router } from '#server/procedure/index.ts'
import { createOrganizationInput, updateOrganizationInput } from './schema.ts'
import { createOrganization, listMembers, updateOrganization } from './service.ts'

/** Far above what a person needs; keeps a script from filling the table. */
const MOST_PER_PERSON = 50

/** Organizations: the tenants. */
export const organizationsRouter = router({
  /** Makes an organization owned by the caller and returns its address. */
  create: procedure({ permission: 'account' })
    .input(createOrganizationInput)
    .mutation(async ({ ctx, input }) => {
      const memberships = await membershipsOf(ctx.user.userId)
      if (memberships.length >= MOST_PER_PERSON)
        throw new AppError('conflict', `You are in ${memberships.length} organizations already. Use one of them.`)
      const { slug } = await createOrganization({ ...input, ownerId: ctx.user.userId })
      return { slug }
    }),
  /** The organization as the caller meets it: role and permissions included. */
  get: procedure({ permission: 'org:read' }).query(({ ctx: { org } }) => ({
    slug: org.slug,
    name: org.name,
    plan: org.plan,
    reportingCurrency: org.reportingCurrency,
    role: org.role,
    permissions: permissionsOf(org.role),
  })),
  /** Changes name or reporting currency (ISO 4217). */
  update: procedure({ permission: 'org:write' })
    .input(updateOrganizationInput)
    .mutation(({ ctx, input: { name, reportingCurrency } }) =>
      updateOrganization(ctx.org.orgId, { name, reportingCurrency }),
    ),
  /** Everybody in the organization, oldest first. */
  members: procedure({ permission: 'members:read' }).query(({ ctx }) => listMembers(ctx.org.orgId)),
})
