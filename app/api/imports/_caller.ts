import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { z } from 'zod'
import { requestContext } from '#app/_lib/request-context.ts'
import { assertSameOrigin } from '#server/authz/index.ts'
import { AppError, type ErrorBody, toErrorResponse } from '#server/platform/errors.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'

const caller = createCallerFactory(appRouter)
const appSchema = z.object({ org: z.string(), app: z.string() })

/** What a route of imports works with: the procedures as the visitor, and the import it is about. */
export interface ImportRequest {
  request: Request
  query: URLSearchParams
  imports: ReturnType<typeof caller>['imports']
  /** Input of every procedure of imports. */
  input: { org: string; app: string; id: string }
}

/**
 * A route for the bytes of imports, which are too many for a procedure. Who may do what is decided by the procedures: the
 * route asks one before it touches a file.
 */
export function importRoute(
  handler: (context: ImportRequest) => Promise<Response>,
): (request: Request, route: { params: Promise<{ id: string }> }) => Promise<Response> {
  return async (request, route) => {
    const context = await requestContext(request)
    const headers = { 'x-request-id': context.requestId, 'cache-control': 'private, no-store' }
    try {
      assertSameOrigin(request)
      const query = new URL(request.url).searchParams
      const named = appSchema.safeParse(Object.fromEntries(query))
      if (!named.success) throw new AppError('bad_request', 'org and app are missing in the address.')
      const { id } = await route.params
      const response = await handler({ request, query, imports: caller(context).imports, input: { ...named.data, id } })
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
      return response
    } catch (error) {
      const { status, body } = said(error, context.requestId)
      if (status >= 500) context.log.error({ err: error }, 'a route of imports failed')
      return Response.json(body, { status, headers })
    }
  }
}

function said(error: unknown, requestId: string): { status: number; body: ErrorBody } {
  if (!(error instanceof TRPCError)) return toErrorResponse(error, requestId)
  if (error.cause instanceof AppError) return toErrorResponse(error.cause, requestId)
  const status = getHTTPStatusCodeFromError(error)
  if (status >= 500) return toErrorResponse(error, requestId)
  return toErrorResponse(new AppError('bad_request', error.message), requestId)
}
