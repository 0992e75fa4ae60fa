import { z } from 'zod'
import { procedure, router } from '#server/procedure/index.ts'
import { createKeyInput } from './schema.ts'
import { createSecretKey, listSecretKeys, revokeSecretKey } from './service.ts'

/** An organization's scoped keys for servers. */
export const keysRouter = router({
  /** Every key, newest first; never the key itself. */
  list: procedure({ permission: 'keys:read' }).query(({ ctx }) => listSecretKeys(ctx.org.orgId)),
  /** Makes a key and shows it this once. */
  create: procedure({ permission: 'keys:write' })
    .input(createKeyInput)
    .mutation(async ({ ctx, input: { name, scopes } }) => {
      const made = await createSecretKey(ctx.org.orgId, { name, scopes, createdBy: ctx.user.userId })
      return { id: made.keyId, secretKey: made.secretKey }
    }),
  /** Ends a key. */
  revoke: procedure({ permission: 'keys:write' })
    .input(z.object({ id: z.string().max(64) }))
    .mutation(({ ctx, input }) => revokeSecretKey(ctx.org.orgId, input.id)),
})
