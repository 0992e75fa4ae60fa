import { procedure, router } from '#server/procedure/index.ts'
import { importInput } from './schema.ts'
import { importRates, listRates } from './service.ts'

/** The organization's exchange rates; money in reports is converted by them and only by them. */
export const ratesRouter = router({
  /** Newest day first. */
  list: procedure({ permission: 'org:read' }).query(({ ctx }) =>
    listRates(ctx.scope, { surface: 'rates', requestId: ctx.requestId }),
  ),
  /** Imports `base,quote,day,rate`; says which lines were refused and why. */
  import: procedure({ permission: 'rates:write' })
    .input(importInput)
    .mutation(({ ctx, input }) => importRates(ctx.scope, input.csv)),
})
