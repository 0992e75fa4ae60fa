import { appProcedure, procedure, router } from '#server/procedure/index.ts'
import { dimensionValuesInput, queryInput } from './schema.ts'
import { catalogue, listDimensionValues, queryReport } from './service.ts'

/** Figures of an app by the one catalogue. */
export const reportsRouter = router({
  /** Rows, totals and what cannot be known. Money in the organization's reporting currency, days in the app's zone. */
  query: appProcedure({ permission: 'reports:read' })
    .input(queryInput)
    .query(({ ctx, input, signal }) =>
      queryReport({ scope: ctx.scope, timezone: ctx.app.timezone, currency: ctx.org.reportingCurrency }, input, {
        surface: 'report',
        requestId: ctx.requestId,
        ...(signal ? { signal } : {}),
      }),
    ),
  /** Every metric and dimension with title, unit, formula and caveats. */
  catalogue: procedure({ permission: 'reports:read' }).query(({ ctx }) => catalogue(ctx.scope)),
  /** Values for a filter's menu, most frequent first. */
  dimensionValues: appProcedure({ permission: 'reports:read' })
    .input(dimensionValuesInput)
    .query(({ ctx, input, signal }) =>
      listDimensionValues(
        { scope: ctx.scope, timezone: ctx.app.timezone, currency: ctx.org.reportingCurrency },
        input,
        { surface: 'report', requestId: ctx.requestId, ...(signal ? { signal } : {}) },
      ),
    ),
})
