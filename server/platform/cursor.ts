import type { z } from 'zod'
import { AppError } from './errors.ts'

/** Packs where a list stopped into text that callers hand back as it is. */
export function encodeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/**
 * Unpacks a cursor.
 * @param schema what this list's cursors look like
 * @throws AppError invalid when the text is not one of ours
 */
export function decodeCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch (cause) {
    throw new AppError('invalid', 'This cursor is not one that we gave out. Start again without it.', {
      field: 'cursor',
      cause,
    })
  }
}
