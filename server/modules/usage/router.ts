import { systemClock } from '#server/platform/clock.ts'
import { procedure, router } from '#server/procedure/index.ts'
import { usageOf } from './service.ts'

/** What organizations use of their plans. */
export const usageRouter = router({
  /** The running month (UTC): accepted events, what the plan includes, and what follows. */
  get: procedure({ permission: 'org:read' }).query(({ ctx }) => usageOf(ctx.org, systemClock.now())),
})
