import { appProcedure, router } from '#server/procedure/index.ts'
import { adjustSettingsInput } from './schema.ts'
import { adjustSettings, removeAdjustSettings, saveAdjustSettings, unnamedEventTokens } from './service.ts'

/** What the endpoints compatible with other vendors need to know of an app. */
export const doorsRouter = router({
  /** The app's token at Adjust and the names of its event tokens; null until they were entered. */
  adjust: appProcedure({ permission: 'apps:read' }).query(({ ctx }) =>
    adjustSettings({ orgId: ctx.org.orgId, appId: ctx.app.appId }),
  ),
  /** Writes them. Tokens that are none or stand twice are refused by field. @throws conflict for another app's token */
  saveAdjust: appProcedure({ permission: 'apps:write' })
    .input(adjustSettingsInput)
    .mutation(({ ctx, input: { appToken, tokenAlone, events } }) =>
      saveAdjustSettings(
        { orgId: ctx.org.orgId, appId: ctx.app.appId },
        { appToken, tokenAlone, events },
        ctx.user.userId,
      ),
    ),
  /** Forgets them. */
  removeAdjust: appProcedure({ permission: 'apps:write' }).mutation(({ ctx }) =>
    removeAdjustSettings({ orgId: ctx.org.orgId, appId: ctx.app.appId }),
  ),
  /** Event tokens that arrived in the last 30 days without a name, with how many events each brought. */
  unnamedAdjustTokens: appProcedure({ permission: 'events:read' }).query(({ ctx, signal }) =>
    unnamedEventTokens(ctx.scope, {
      surface: 'events',
      requestId: ctx.requestId,
      ...(signal ? { signal } : {}),
    }),
  ),
})
