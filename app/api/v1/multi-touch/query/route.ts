import { multiTouchRest, restMultiTouchInput } from '#server/modules/attribution/index.ts'
import { otherMethods, rest, restBody } from '#server/procedure/index.ts'

export const dynamic = 'force-dynamic'

/** `POST /api/v1/multi-touch/query`: see /api/v1/openapi.json. */
export const POST = rest({ permission: 'reports:read' }, async (context) => {
  const { app: name, ...input } = await restBody(context.request, restMultiTouchInput)
  const { app, scope } = await context.app(name)
  const subject = { scope, timezone: app.timezone, currency: context.org.reportingCurrency }
  const { requestId, request } = context
  return Response.json(await multiTouchRest(subject, input, { surface: 'rest', requestId, signal: request.signal }))
})

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods('POST')
