import { z } from 'zod'
import { assertGrantable } from '#server/authz/index.ts'
import { procedure, router } from '#server/procedure/index.ts'
import { createKeyInput, keyExpiry, keyId, overlapEnd } from './schema.ts'
import { createSecretKey, listSecretKeys, revokeSecretKey, rotateSecretKey } from './service.ts'

/** An organization's scoped keys for servers. */
export const keysRouter = router({
  /** Every key, newest first; never the key itself. */
  list: procedure({ permission: 'keys:read' }).query(({ ctx }) => listSecretKeys(ctx.org.orgId)),
  /** Makes a key and shows it this once. @throws forbidden for a scope that the caller's role does not hold */
  create: procedure({ permission: 'keys:write' })
    .input(createKeyInput)
    .mutation(async ({ ctx, input: { name, scopes, expiresAt } }) => {
      assertGrantable(ctx.org.role, scopes)
      const made = await createSecretKey(ctx.org.orgId, { name, scopes, expiresAt, createdBy: ctx.user.userId })
      return { id: made.keyId, secretKey: made.secretKey }
    }),
  /** Puts a new key in a key's place and shows it this once; the old one works until `until`, the new one to `expiresAt`. */
  rotate: procedure({ permission: 'keys:write' })
    .input(z.object({ id: keyId, until: overlapEnd, expiresAt: keyExpiry.optional() }))
    .mutation(async ({ ctx, input }) => {
      const by = { userId: ctx.user.userId, role: ctx.org.role }
      const made = await rotateSecretKey(ctx.org.orgId, input.id, input, by)
      return { id: made.keyId, secretKey: made.secretKey }
    }),
  /** Ends a key. */
  revoke: procedure({ permission: 'keys:write' })
    .input(z.object({ id: keyId }))
    .mutation(({ ctx, input }) => revokeSecretKey(ctx.org.orgId, input.id)),
})
