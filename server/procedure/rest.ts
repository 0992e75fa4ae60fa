import { z } from 'zod'
import { type KeyScope, verifySecretKey } from '#server/authz/index.ts'
import { AppError, toErrorResponse } from '#server/platform/errors.ts'
import { type AppId, newId, type OrgId } from '#server/platform/ids.ts'
import { createLogger, type Logger } from '#server/platform/logger.ts'
import { type TenantScope, wholeOrganization, withOrg } from '#server/tenancy/index.ts'
import type { AppContext } from './procedure.ts'
import { restMessage } from './rest-messages.ts'

/** What a REST handler gets once the secret key has been checked. */
export interface RestContext<Params> {
  request: Request
  params: Params
  requestId: string
  log: Logger
  org: { orgId: OrgId; reportingCurrency: string }
  /** What the key may see. */
  scope: TenantScope
  /** The app named by an input, as id or slug. @throws AppError not_found */
  app(idOrSlug: string): Promise<{ app: AppContext; scope: TenantScope }>
}

/** The gate of a REST route, as written at its declaration. */
export interface RestGate {
  permission: KeyScope
}

const JSON_LIMIT = 1_000_000
let logger: Logger | undefined

/**
 * The REST counterpart of `procedure`: a route handler behind `Authorization: Bearer <secret key>` and a key scope.
 * Thrown AppErrors become the contract's error body; anything else is logged and answered as `internal`.
 * @param gate the scope the key must hold
 */
export function rest<Params extends Record<string, string> = Record<never, string>>(
  gate: RestGate,
  handler: (context: RestContext<Params>) => Promise<Response>,
): (request: Request, route: { params: Promise<Params> }) => Promise<Response> {
  return async (request, route) => {
    const requestId = newId('request')
    logger ??= createLogger('web')
    const log = logger.child({ request_id: requestId })
    try {
      const key = await verifySecretKey(bearer(request))
      if (!key) {
        throw new AppError('unauthorized', 'Send a valid secret key: Authorization: Bearer sk_… (Settings, API keys).')
      }
      if (!key.scopes.includes(gate.permission)) {
        throw new AppError('forbidden', `This key lacks the scope ${gate.permission}. Make a key that has it.`)
      }
      const org = await withOrg(key.orgId, (tx) => tx.organization.findUniqueOrThrow({ where: { id: key.orgId } }))
      const scope = wholeOrganization(key.orgId)
      const response = await handler({
        request,
        params: await route.params,
        requestId,
        log,
        org: { orgId: key.orgId, reportingCurrency: org.reportingCurrency },
        scope,
        app: (value) => findApp(scope, value),
      })
      response.headers.set('x-request-id', requestId)
      response.headers.set('cache-control', 'no-store')
      return response
    } catch (error) {
      return failure(error, requestId, log)
    }
  }
}

/**
 * Handlers for the methods a route does not have: 405 with `Allow`; OPTIONS answers `Allow` alone.
 * @param allowed the route's own method; Next answers HEAD wherever there is GET
 */
export function otherMethods(allowed: 'GET' | 'POST') {
  const allow = allowed === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS'
  const refuse = (request: Request): Response => {
    const message = `This address does not take ${request.method}. Use ${allowed}.`
    const response = answer(new AppError('method_not_allowed', message), newId('request'))
    response.headers.set('allow', allow)
    return response
  }
  const list = (): Response => new Response(null, { status: 204, headers: { allow } })
  return {
    GET: refuse,
    POST: refuse,
    PUT: refuse,
    PATCH: refuse,
    DELETE: refuse,
    OPTIONS: list,
  }
}

/** The answer to an address under /api that no route has: 404 in the contract's shape. */
export function unknownRoute(): Response {
  const message = 'There is no such address in this API. GET /api/v1/openapi.json lists all there are.'
  return answer(new AppError('not_found', message), newId('request'))
}

/**
 * The JSON body of a request, checked.
 * @throws AppError bad_request when it is no JSON, too_large past 1 MB, invalid with the field at fault
 */
export async function restBody<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const text = await request.text()
  if (text.length > JSON_LIMIT) throw new AppError('too_large', 'The body is larger than 1 MB.')
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    throw new AppError('bad_request', 'The body is not valid JSON.', { cause })
  }
  return restInput(body, schema)
}

/**
 * Checks input of any kind; the error names the first field at fault.
 * @throws AppError invalid
 */
export function restInput<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value, { error: restMessage })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = issue?.path.join('.')
  throw new AppError('invalid', issue ? issue.message : 'The input does not fit.', field ? { field } : {})
}

function bearer(request: Request): string | null {
  const header = request.headers.get('authorization')
  return header && /^bearer\s/i.test(header) ? header : null
}

async function findApp(scope: TenantScope, value: string): Promise<{ app: AppContext; scope: TenantScope }> {
  const named = z.string().min(1).max(64).safeParse(value)
  const found = named.success
    ? await withOrg(scope.orgId, (tx) =>
        tx.app.findFirst({ where: { orgId: scope.orgId, OR: [{ id: named.data }, { slug: named.data }] } }),
      )
    : null
  if (!found || (scope.apps && !scope.apps.includes(found.id as AppId))) {
    throw new AppError('not_found', 'There is no such app, or you have no access to it.', { field: 'app' })
  }
  const { id, slug, name, platform, bundleId, storeId, timezone } = found
  const app: AppContext = { appId: id as AppId, slug, name, platform, bundleId, storeId, timezone }
  return { app, scope: { ...scope, apps: [app.appId] } }
}

function failure(error: unknown, requestId: string, log: Logger): Response {
  const response = answer(error, requestId)
  if (response.status >= 500) log.error({ err: error }, 'REST request failed')
  return response
}

function answer(error: unknown, requestId: string): Response {
  const { status, body } = toErrorResponse(error, requestId)
  const headers: Record<string, string> = { 'x-request-id': requestId, 'cache-control': 'no-store' }
  if (error instanceof AppError && error.retryAfter !== undefined) headers['retry-after'] = String(error.retryAfter)
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  return Response.json(body, { status, headers })
}
