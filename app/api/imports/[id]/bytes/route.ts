import { z } from 'zod'
import { addPiece } from '#server/modules/imports/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { importRoute } from '../../_caller.ts'

export const dynamic = 'force-dynamic'

const offsetSchema = z.coerce.number().int().min(0)

/** `POST /api/imports/{id}/bytes?org=…&app=…&offset=…`: the next piece of an announced file, at most 4 MiB. */
export const POST = importRoute(async ({ request, query, imports, input }) => {
  const { id, uploading, fileBytes } = await imports.upload(input)
  if (!uploading) throw new AppError('conflict', 'This upload is complete. Begin another one.')
  const offset = offsetSchema.safeParse(query.get('offset') ?? undefined)
  if (!offset.success || !request.body) throw new AppError('bad_request', 'Send bytes, and where they begin as offset.')
  return Response.json(await addPiece(id, offset.data, fileBytes, request.body))
})
