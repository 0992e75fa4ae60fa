import { appProcedure, router } from '#server/procedure/index.ts'
import {
  claimsInput,
  createNetworkInput,
  deleteNetworkInput,
  enableNetworkInput,
  rotateSecretInput,
  updateNetworkInput,
} from './schema.ts'
import {
  claimsOf,
  createNetwork,
  deleteNetwork,
  enableNetwork,
  listNetworks,
  rotateNetworkSecret,
  updateNetwork,
} from './service.ts'

/** Self-attributing networks of an app: partners that are asked about each install. Windows in milliseconds. */
export const networksRouter = router({
  /** Every network with what became of the questions of the last 30 days. */
  list: appProcedure({ permission: 'settings:read' }).query(({ ctx }) =>
    listNetworks({ orgId: ctx.org.orgId, appId: ctx.app.appId }),
  ),
  /** Adds one and answers its secret, this once. @throws conflict for a name that is taken */
  create: appProcedure({ permission: 'settings:write' })
    .input(createNetworkInput)
    .mutation(({ ctx, input }) =>
      createNetwork({ orgId: ctx.org.orgId, appId: ctx.app.appId }, input, { by: ctx.user.userId }),
    ),
  /** Changes address and windows. @throws not_found */
  update: appProcedure({ permission: 'settings:write' })
    .input(updateNetworkInput)
    .mutation(({ ctx, input }) => updateNetwork({ orgId: ctx.org.orgId, appId: ctx.app.appId }, input)),
  /** Switches one off or on. @throws not_found */
  setEnabled: appProcedure({ permission: 'settings:write' })
    .input(enableNetworkInput)
    .mutation(({ ctx, input }) => enableNetwork({ orgId: ctx.org.orgId, appId: ctx.app.appId }, input)),
  /** A new secret, answered this once; the old one signs beside it for a day. @throws not_found */
  rotateSecret: appProcedure({ permission: 'settings:write' })
    .input(rotateSecretInput)
    .mutation(({ ctx, input }) => rotateNetworkSecret({ orgId: ctx.org.orgId, appId: ctx.app.appId }, input.networkId)),
  /** What networks were asked of an install, and what they said; empty where nobody was asked. */
  claims: appProcedure({ permission: 'decisions:read' })
    .input(claimsInput)
    .query(({ ctx, input }) => claimsOf({ orgId: ctx.org.orgId, appId: ctx.app.appId }, input.deviceId)),
  /** Deletes one with its questions; its touchpoints and decisions stay. @throws not_found */
  delete: appProcedure({ permission: 'settings:write' })
    .input(deleteNetworkInput)
    .mutation(({ ctx, input }) => deleteNetwork({ orgId: ctx.org.orgId, appId: ctx.app.appId }, input.networkId)),
})
