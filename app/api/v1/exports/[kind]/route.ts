import { Readable } from 'node:stream'
import { exportInput, exportKind, exportRows } from '#server/modules/exports/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { otherMethods, rest, restInput } from '#server/procedure/index.ts'

export const dynamic = 'force-dynamic'

/** `GET /api/v1/exports/{kind}`: see /api/v1/openapi.json. */
export const GET = rest<{ kind: string }>({ permission: 'exports:read' }, async (context) => {
  const { request, params, requestId } = context
  const kind = exportKind.safeParse(params.kind)
  if (!kind.success) throw new AppError('not_found', kind.error.issues[0]?.message ?? 'There is no such export.')
  const input = restInput(Object.fromEntries(new URL(request.url).searchParams), exportInput)
  const { app, scope } = await context.app(input.app)
  const origin = { surface: 'export', requestId, signal: request.signal }
  const file = await exportRows(scope, app.timezone, kind.data, input, origin)
  return new Response(Readable.toWeb(file.body) as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': file.contentType,
      'content-disposition': `attachment; filename="${file.fileName}"`,
      ...(file.nextCursor ? { 'x-next-cursor': file.nextCursor } : {}),
    },
  })
})

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods('GET')
