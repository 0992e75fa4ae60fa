import { appProcedure, router } from '#server/procedure/index.ts'
import { multiTouchInput } from './schema.ts'
import { dataDrivenModels, type MultiTouchSubject, pathStatistics, touchModels } from './service.ts'

const procedure = appProcedure({ permission: 'reports:read' }).input(multiTouchInput)

/** Whose paths a call is about, and who asks. */
function asked({
  ctx,
  signal,
}: {
  ctx: {
    scope: MultiTouchSubject['scope']
    app: { timezone: string }
    org: { reportingCurrency: string }
    requestId: string
  }
  signal: AbortSignal | undefined
}) {
  return {
    subject: { scope: ctx.scope, timezone: ctx.app.timezone, currency: ctx.org.reportingCurrency },
    origin: { surface: 'multi-touch', requestId: ctx.requestId, ...(signal ? { signal } : {}) },
  }
}

/** How models share an app's conversions among the touches before them. Money in the reporting currency. */
export const multiTouchRouter = router({
  /** The models by place, side by side by channel, with costs, totals and what cannot be known. */
  touchModels: procedure.query(({ input, ...call }) => {
    const { subject, origin } = asked(call)
    return touchModels(subject, input, origin)
  }),
  /** Markov with and without journeys that never converted, and Shapley, by the same keys. */
  dataDriven: procedure.query(({ input, ...call }) => {
    const { subject, origin } = asked(call)
    return dataDrivenModels(subject, input, origin)
  }),
  /** The most frequent paths, and how long journeys are in touches and days. */
  paths: procedure.query(({ input, ...call }) => {
    const { subject, origin } = asked(call)
    return pathStatistics(subject, input, origin)
  }),
})
