import { systemClock } from '#server/platform/clock.ts'
import { env } from '#server/platform/env.ts'
import type { OrgId, UserId } from '#server/platform/ids.ts'
import { type AppContext, appProcedure, router } from '#server/procedure/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { loaderLag } from './lag.ts'
import { ingestionOverview, newestArrival } from './overview.ts'
import { type ReplayTarget, replayLetter, replayLetters } from './replay.ts'
import { letterSelection, overviewInput, replayOneInput } from './schema.ts'

const origin = (requestId: string, signal?: AbortSignal) => ({
  surface: 'ingestion',
  requestId,
  ...(signal ? { signal } : {}),
})

interface Caller {
  org: { orgId: OrgId }
  app: AppContext
  scope: TenantScope
  user: { userId: UserId }
}

const targetOf = ({ org, app, scope, user }: Caller): ReplayTarget => ({
  orgId: org.orgId,
  appId: app.appId,
  scope,
  timezone: app.timezone,
  collector: env().COLLECTOR_URL,
  userId: user.userId,
})

/** How an app's events come in: throughput, what was rejected or refused, how far behind loading is; rejected ones again. */
export const ingestionRouter = router({
  /** Counts of the last hour, day or week, by when things arrived. */
  overview: appProcedure({ permission: 'events:read' })
    .input(overviewInput)
    .query(({ ctx, input, signal }) =>
      ingestionOverview(
        ctx.scope,
        { orgId: ctx.org.orgId, appId: ctx.app.appId },
        input.window,
        origin(ctx.requestId, signal),
        systemClock.now(),
      ),
    ),
  /** How far loading is behind, and when the app's newest event arrived. */
  health: appProcedure({ permission: 'events:read' }).query(async ({ ctx, signal }) => {
    const [lag, newest] = await Promise.all([
      loaderLag(),
      newestArrival(ctx.scope, origin(ctx.requestId, signal), systemClock.now()),
    ])
    return { lag, newestArrival: newest }
  }),
  /** Sends rejected events and touchpoints again, at most 5,000 a call; go on with `next`. */
  replay: appProcedure({ permission: 'events:write' })
    .input(letterSelection)
    .mutation(({ ctx, input }) => replayLetters(targetOf(ctx), input, origin(ctx.requestId))),
  /** Sends one again, as it is or corrected. @throws not_found */
  replayOne: appProcedure({ permission: 'events:write' })
    .input(replayOneInput)
    .mutation(({ ctx, input }) => replayLetter(targetOf(ctx), input.rejectedId, input.raw, origin(ctx.requestId))),
})
