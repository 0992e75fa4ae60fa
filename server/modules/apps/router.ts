import { z } from 'zod'
import { keyExpiry, keyId, overlapEnd } from '#server/modules/keys/index.ts'
import { appProcedure, procedure, router } from '#server/procedure/index.ts'
import { createIngestKey, listIngestKeys, revokeIngestKey, rotateIngestKey } from './ingest-keys.ts'
import { createAppInput, createIngestKeyInput, updateAppInput } from './schema.ts'
import { createApp, listApps, updateApp } from './service.ts'

/** Apps of an organization and their ingest keys. */
export const appsRouter = router({
  /** The organization's apps, oldest first. */
  list: procedure({ permission: 'apps:read' }).query(({ ctx }) => listApps(ctx.org.orgId)),
  /** Makes an app with its first ingest key. Unknown time zones and ids that do not fit the platform are refused by field. */
  create: procedure({ permission: 'apps:write' })
    .input(createAppInput)
    .mutation(({ ctx, input }) => createApp(ctx.org.orgId, input)),
  /** One app, with the id that servers send in X-App-Id. */
  get: appProcedure({ permission: 'apps:read' }).query(({ ctx: { app } }) => app),
  /** Changes name, time zone (IANA) or store id. */
  update: appProcedure({ permission: 'apps:write' })
    .input(updateAppInput)
    .mutation(({ ctx: { org, app }, input: { name, timezone, storeId } }) =>
      updateApp({ orgId: org.orgId, appId: app.appId, platform: app.platform }, { name, timezone, storeId }),
    ),
  /** The app's ingest keys, newest first. */
  ingestKeys: appProcedure({ permission: 'keys:read' }).query(({ ctx }) =>
    listIngestKeys(ctx.org.orgId, ctx.app.appId),
  ),
  /** One more ingest key. */
  createIngestKey: appProcedure({ permission: 'keys:write' })
    .input(createIngestKeyInput)
    .mutation(({ ctx, input: { name, expiresAt } }) =>
      createIngestKey(ctx.org.orgId, ctx.app.appId, { name, expiresAt }),
    ),
  /** Puts a new ingest key in a key's place; the old one works until `until`, the new one to `expiresAt`. */
  rotateIngestKey: appProcedure({ permission: 'keys:write' })
    .input(z.object({ id: keyId, until: overlapEnd, expiresAt: keyExpiry.optional() }))
    .mutation(({ ctx, input }) => rotateIngestKey(ctx.org.orgId, ctx.app.appId, input.id, input)),
  /** Ends an ingest key. */
  revokeIngestKey: appProcedure({ permission: 'keys:write' })
    .input(z.object({ id: keyId }))
    .mutation(({ ctx, input }) => revokeIngestKey(ctx.org.orgId, ctx.app.appId, input.id)),
})
