import { z } from 'zod'

/** Shapes that the console's forms, the routers and the command line share. Imports nothing but Zod, so that it may travel to a browser. */

/** What the rows of a file are. */
export const ROW_KINDS = ['events', 'touchpoints', 'decisions'] as const
export type RowKind = (typeof ROW_KINDS)[number]

/** Kinds that people upload; decisions of another installation are the operator's business. */
export const UPLOAD_KINDS = ['events', 'touchpoints'] as const

/** How a file is written. Each may also be packed with gzip or zstd, Parquet excepted: it packs itself. */
export const FILE_FORMATS = ['csv', 'ndjson', 'parquet', 'appsflyer'] as const
export type FileFormat = (typeof FILE_FORMATS)[number]

/** `ready`: uploaded, not started. A `failed` or `cancelled` import goes on where it was when it is started again. */
export const STATUSES = ['ready', 'queued', 'running', 'done', 'failed', 'cancelled'] as const
export type ImportStatus = (typeof STATUSES)[number]

const columnName = z.string().max(200)

/** Columns of the file that become fields of ours: their name to our name. */
export const mappingSchema = z
  .record(columnName, z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, 'A field of ours is written like event_name.'))
  .refine((mapping) => Object.keys(mapping).length <= 500, 'At most 500 columns can be mapped.')
export type Mapping = z.output<typeof mappingSchema>

/**
 * Reads `--map "their=our,…"`; a comma or equals sign in their name is written with a backslash before it.
 * @throws Error that names the part at fault
 */
export function readMapping(text: string): Mapping {
  const mapping: Record<string, string> = {}
  for (const part of text.split(/(?<!\\),/)) {
    const [theirs = '', ours = '', ...more] = part.split(/(?<!\\)=/)
    if (theirs.trim() === '' || ours.trim() === '' || more.length > 0)
      throw new Error(`map: "${part}" is not written like "Their column=our_field".`)
    mapping[theirs.trim().replaceAll(/\\([,=])/g, '$1')] = ours.trim()
  }
  const parsed = mappingSchema.safeParse(mapping)
  if (!parsed.success) throw new Error(`map: ${parsed.error.issues[0]?.message}`)
  return parsed.data
}

const id = z.string().min(1).max(64)

/** `imports.get`, `imports.cancel`, `imports.remove` */
export const importIdInput = z.object({ id })

/** A file is uploaded in pieces of at most so many bytes: proxies in front of us buffer bodies and limit them. */
export const MOST_CHUNK_BYTES = 4 * 2 ** 20

/** `imports.begin` */
export const beginInput = z.object({
  fileName: z
    .string()
    .trim()
    .min(1, 'The file has no name.')
    .max(200, 'The file’s name is longer than 200 characters.'),
  bytes: z.number().int().min(1, 'The file is empty.').max(Number.MAX_SAFE_INTEGER),
})

/** `imports.preview` and `imports.start`: how to read the file; what is absent is taken from the file itself. */
export const readingInput = z.object({
  id,
  kind: z.enum(UPLOAD_KINDS).optional(),
  format: z.enum(FILE_FORMATS).optional(),
  mapping: mappingSchema.optional(),
})
export type ReadingInput = z.output<typeof readingInput>

/** What an import did so far, in rows of the file. */
export interface Counts {
  /** Rows taken, those among them that were there before included. */
  accepted: number
  rejected: number
  /** Rows taken that were there before, by their id; null where the loaders were too far behind to tell. */
  duplicates: number | null
}

/** A row that could not be taken. */
export interface RefusedRow {
  /** Physical line of the file, from 1, the head row included; for Parquet the row. */
  line: number
  code: string
  /** The field or column at fault; empty where it is the whole row. */
  field: string
  message: string
  /** The row as it stood in the file. */
  raw: string
}
