export type { RequestContext, SessionUser } from './context.ts'
export {
  type AppContext,
  appProcedure,
  createCallerFactory,
  type Gate,
  mergeRouters,
  procedure,
  router,
  type TenantContext,
} from './procedure.ts'
export { otherMethods, type RestContext, type RestGate, rest, restBody, restInput, unknownRoute } from './rest.ts'
export { appName } from './rest-messages.ts'
