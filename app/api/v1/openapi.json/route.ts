import { openApiDocument } from '#server/modules/openapi/index.ts'
import { otherMethods } from '#server/procedure/index.ts'

export const dynamic = 'force-dynamic'

/** The description of the REST interface; public, so that tools can read it without a key. */
export function GET(): Response {
  return Response.json(openApiDocument(), { headers: { 'access-control-allow-origin': '*' } })
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods('GET')
