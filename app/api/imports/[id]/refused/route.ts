import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { refusedFile } from '#server/modules/imports/index.ts'
import { env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import { importRoute } from '../../_caller.ts'

export const dynamic = 'force-dynamic'

/** `GET /api/imports/{id}/refused?org=…&app=…`: the rows that were refused, with line, field and reason, as CSV. */
export const GET = importRoute(async ({ imports, input }) => {
  const { id, fileName, refusedList } = await imports.get(input)
  if (!refusedList) throw new AppError('not_found', 'There is no list of refused rows for this import.')
  const name = fileName.replaceAll(/[^\w.-]+/g, '_')
  const body = createReadStream(refusedFile(env().DATA_DIR, id))
  return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${name}.refused.csv"`,
    },
  })
})
