import { type AppContext, appProcedure, router, type TenantContext } from '#server/procedure/index.ts'
import type { AppKey } from '../settings.ts'
import { adoptInput, keepInput, replayIdInput, replayInput } from './schema.ts'
import {
  adoptReplay,
  cancelReplay,
  createReplay,
  discardReplay,
  getReplay,
  keepReplay,
  listReplays,
  replayComparison,
} from './service.ts'

const READ = { permission: 'decisions:read' } as const
const WRITE = { permission: 'replays:write' } as const
const own = ({ org, app }: TenantContext & { app: AppContext }): AppKey => ({ orgId: org.orgId, appId: app.appId })

/** What-if replays: stored installs of a period decided again under other settings, beside what happened. */
export const replaysRouter = router({
  /** Newest first, with how far each came. */
  list: appProcedure(READ).query(({ ctx }) => listReplays(own(ctx))),
  /** @throws not_found */
  get: appProcedure(READ)
    .input(replayIdInput)
    .query(({ ctx, input }) => getReplay(own(ctx), input.id)),
  /** Installs and revenue before and after, in the reporting currency. @throws not_found, conflict without a result */
  comparison: appProcedure(READ)
    .input(replayIdInput)
    .query(({ ctx, input }) => replayComparison(own(ctx), ctx.scope, input.id, ctx.org.reportingCurrency)),
  /** Makes one and queues it. @throws conflict while too many wait */
  create: appProcedure(WRITE)
    .input(replayInput)
    .mutation(({ ctx, input }) => createReplay(own(ctx), ctx.app.timezone, input, ctx.user.userId)),
  /** @throws conflict when it has ended */
  cancel: appProcedure(WRITE)
    .input(replayIdInput)
    .mutation(({ ctx, input }) => cancelReplay(own(ctx), input.id)),
  /** @throws conflict without a result */
  keep: appProcedure(WRITE)
    .input(keepInput)
    .mutation(({ ctx, input }) => keepReplay(own(ctx), input.id, input.keep)),
  /** Removes it with its results. @throws conflict while it runs or once adopted */
  discard: appProcedure(WRITE)
    .input(replayIdInput)
    .mutation(async ({ ctx, input }) => {
      await discardReplay(own(ctx), input.id)
      return { id: input.id }
    }),
  /** Makes its settings the app's next version, from a day on. @throws conflict when a newer version was saved */
  adopt: appProcedure({ permission: 'settings:write' })
    .input(adoptInput)
    .mutation(({ ctx, input }) => adoptReplay(own(ctx), ctx.app.timezone, input, ctx.user.userId)),
})
