import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { requestContext } from '#app/_lib/request-context.ts'
import { assertSameOrigin } from '#server/authz/index.ts'
import { toErrorResponse } from '#server/platform/errors.ts'
import { appRouter } from '#server/router.ts'

/** The console's own API: thin over the root router. Mutations from other sites are refused before anything runs. */
async function handle(request: Request): Promise<Response> {
  const context = await requestContext(request)
  try {
    assertSameOrigin(request)
  } catch (error) {
    const { status, body } = toErrorResponse(error, context.requestId)
    return Response.json(body, { status })
  }
  return fetchRequestHandler({
    endpoint: '/api/trpc',
    req: request,
    router: appRouter,
    createContext: () => context,
    responseMeta: () => ({
      headers: new Headers({ 'x-request-id': context.requestId, 'cache-control': 'private, no-store' }),
    }),
  })
}

export { handle as GET, handle as POST }
