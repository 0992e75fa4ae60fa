import { initTRPC, TRPCError } from '@trpc/server'
import superjson from 'superjson'
import { ZodError, z } from 'zod'
import { can, type MemberOrganization, membershipsOf, type Permission } from '#server/authz/index.ts'
import { AppError, type ErrorCode } from '#server/platform/errors.ts'
import type { AppId } from '#server/platform/ids.ts'
import { type TenantScope, wholeOrganization, withOrg } from '#server/tenancy/index.ts'
import type { RequestContext, SessionUser } from './context.ts'

/** The gate, as written at a procedure's declaration. Listed by the meta-test that walks the router. */
export interface Gate {
  /** `public`: anybody; `account`: any signed-in person; otherwise a permission in the organization of the input's `org`. */
  permission: Permission | 'public' | 'account'
}

const TRPC_CODE: Record<ErrorCode, TRPCError['code']> = {
  bad_request: 'BAD_REQUEST',
  invalid: 'UNPROCESSABLE_CONTENT',
  unauthorized: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  not_found: 'NOT_FOUND',
  method_not_allowed: 'METHOD_NOT_SUPPORTED',
  conflict: 'CONFLICT',
  too_large: 'PAYLOAD_TOO_LARGE',
  unsupported_media_type: 'UNSUPPORTED_MEDIA_TYPE',
  rate_limited: 'TOO_MANY_REQUESTS',
  quota_exceeded: 'TOO_MANY_REQUESTS',
  unavailable: 'SERVICE_UNAVAILABLE',
  internal: 'INTERNAL_SERVER_ERROR',
}

const t = initTRPC
  .context<RequestContext>()
  .meta<Gate>()
  .create({
    transformer: superjson,
    errorFormatter({ shape, error, ctx }) {
      const app = error.cause instanceof AppError ? error.cause : undefined
      const zod = error.cause instanceof ZodError ? error.cause : undefined
      const issue = zod?.issues[0]
      const hidden = !app && !zod && error.code === 'INTERNAL_SERVER_ERROR'
      return {
        ...shape,
        message: issue
          ? issue.message
          : hidden
            ? 'Something failed on our side. Try again; if it stays, quote the request id.'
            : error.message,
        data: {
          code: shape.data.code,
          httpStatus: shape.data.httpStatus,
          path: shape.data.path,
          field: app?.field ?? issue?.path.join('.'),
          requestId: ctx?.requestId,
        },
      }
    },
  })

/** Makes a router of procedures or other routers. */
export const router = t.router
export const mergeRouters = t.mergeRouters
export const createCallerFactory = t.createCallerFactory

/** Turns AppError into tRPC's error and logs what nobody expected, with the request's id. */
const base = t.procedure.use(async ({ next, ctx, path }) => {
  const result = await next()
  if (result.ok) return result
  const { cause } = result.error
  if (cause instanceof AppError) throw new TRPCError({ code: TRPC_CODE[cause.code], message: cause.message, cause })
  if (result.error.code === 'INTERNAL_SERVER_ERROR')
    ctx.log.error({ err: cause ?? result.error, path, request_id: ctx.requestId }, 'procedure failed')
  return result
})

const signedIn = base.use(({ ctx, next }) => {
  if (!ctx.user) throw new AppError('unauthorized', 'You are not signed in. Sign in and try again.')
  return next({ ctx: { ...ctx, user: ctx.user satisfies SessionUser } })
})

const notFound = (what: string) => new AppError('not_found', `There is no such ${what}, or you have no access to it.`)

/** What a tenant procedure adds to the context. */
export interface TenantContext {
  org: MemberOrganization
  /** What the caller may see; every read of tenant data takes it. */
  scope: TenantScope
}

/** The app a procedure is about. */
export interface AppContext {
  appId: AppId
  slug: string
  name: string
  platform: 'ios' | 'android' | 'web'
  bundleId: string
  storeId: string | null
  /** IANA zone in which the app's days begin. */
  timezone: string
}

function tenant(permission: Permission) {
  return signedIn
    .meta({ permission })
    .input(z.object({ org: z.string().min(1).max(64) }))
    .use(async ({ ctx, input, next }) => {
      const org = (await membershipsOf(ctx.user.userId)).find((membership) => membership.slug === input.org)
      if (!org) throw notFound('organization')
      if (!can(org.role, permission)) {
        throw new AppError(
          'forbidden',
          `Your role (${org.role}) does not include ${permission}. An owner or admin of the organization can give it.`,
        )
      }
      const added: TenantContext = { org, scope: wholeOrganization(org.orgId) }
      return next({ ctx: { ...ctx, ...added } })
    })
}

/**
 * The one procedure builder. The gate is part of the declaration and cannot be left out.
 * - `public`: `ctx.user` may be null.
 * - `account`: somebody is signed in.
 * - a permission: input gets `org` (slug); `ctx.org` and `ctx.scope` come from the session's membership, never from input.
 * @throws AppError unauthorized, forbidden, or not_found (another tenant's organization does not exist)
 */
export function procedure(gate: { permission: 'public' }): typeof base
export function procedure(gate: { permission: 'account' }): typeof signedIn
export function procedure(gate: { permission: Permission }): ReturnType<typeof tenant>
export function procedure(gate: Gate): typeof base | typeof signedIn | ReturnType<typeof tenant> {
  if (gate.permission === 'public') return base.meta(gate)
  if (gate.permission === 'account') return signedIn.meta(gate)
  return tenant(gate.permission)
}

/**
 * The same builder for procedures about one app: input gets `org` and `app` (slugs), the context `ctx.app`.
 * @throws AppError not_found when the organization has no such app
 */
export function appProcedure(gate: { permission: Permission }) {
  return tenant(gate.permission)
    .input(z.object({ app: z.string().min(1).max(64) }))
    .use(async ({ ctx, input, next }) => {
      const found = await withOrg(ctx.org.orgId, (tx) =>
        tx.app.findUnique({ where: { orgId_slug: { orgId: ctx.org.orgId, slug: input.app } } }),
      )
      if (!found) throw notFound('app')
      const appId = found.id as AppId
      if (ctx.scope.apps && !ctx.scope.apps.includes(appId)) throw notFound('app')
      const app: AppContext = {
        appId,
        slug: found.slug,
        name: found.name,
        platform: found.platform,
        bundleId: found.bundleId,
        storeId: found.storeId,
        timezone: found.timezone,
      }
      const scope: TenantScope = { ...ctx.scope, apps: [appId] }
      return next({ ctx: { ...ctx, app, scope } })
    })
}
