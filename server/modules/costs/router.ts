import { appProcedure, router } from '#server/procedure/index.ts'
import { importInput } from './schema.ts'
import { importCosts } from './service.ts'

/** Ad costs, as networks or agencies report them. */
export const costsRouter = router({
  /** Imports `day,media_source,campaign,ad_set,ad,country,cost,currency`; says which lines were refused and why. */
  import: appProcedure({ permission: 'costs:write' })
    .input(importInput)
    .mutation(({ ctx, input }) => importCosts(ctx.scope, input.csv)),
})
