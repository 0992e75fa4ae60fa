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
export { type RestContext, type RestGate, rest, restBody, restInput } from './rest.ts'
