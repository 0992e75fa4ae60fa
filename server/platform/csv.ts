import { CsvError, parse } from 'csv-parse/sync'
import type { z } from 'zod'
import { AppError } from './errors.ts'

/** Longest CSV text taken at once, in characters. */
export const CSV_LIMIT = 5_000_000

/** A line of a file that could not be taken. `line` counts from 1, the header included. */
export interface RejectedLine {
  line: number
  message: string
  field: string
}

/** What an import did. A key that stands twice in a file counts once; its last line is kept. */
export interface ImportResult {
  accepted: number
  duplicates: number
  rejected: RejectedLine[]
}

interface Record {
  record: { [column: string]: string }
  info: { lines: number }
}

/**
 * Reads a CSV with a header (comma, semicolon or tab; any case and order of columns) and checks each line.
 * @param schema one line, with every column as text
 * @param columns the columns that must be there, and those that may
 * @returns the lines that fit and those that do not, with the reason
 * @throws AppError invalid when it is no CSV or lacks a column, too_large past {@link CSV_LIMIT}
 */
export function readCsv<T>(
  text: string,
  columns: { required: readonly string[]; optional?: readonly string[] },
  schema: z.ZodType<T>,
): { rows: T[]; rejected: RejectedLine[] } {
  if (text.length > CSV_LIMIT) throw new AppError('too_large', 'The file is larger than 5 MB. Split it.')
  const header = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? ''
  const delimiter = [',', ';', '\t'].find((sign) => header.includes(sign)) ?? ','
  const names = header.split(delimiter).map(columnName)
  const absent = columns.required.filter((name) => !names.includes(name))
  if (absent.length > 0) {
    const all = [...columns.required, ...(columns.optional ?? [])].join(', ')
    throw new AppError('invalid', `The first line lacks ${absent.join(', ')}. Columns: ${all}.`, { field: absent[0] })
  }
  const rows: T[] = []
  const rejected: RejectedLine[] = []
  for (const { record, info } of records(text, delimiter)) {
    const parsed = schema.safeParse(record)
    if (parsed.success) {
      rows.push(parsed.data)
      continue
    }
    const issue = parsed.error.issues[0]
    rejected.push({
      line: info.lines,
      message: issue?.message ?? 'This line does not fit.',
      field: issue?.path.join('.') ?? '',
    })
  }
  return { rows, rejected }
}

function columnName(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/^\s*"?|"?\s*$/g, '')
    .toLowerCase()
    .replaceAll(' ', '_')
}

function records(text: string, delimiter: string): Record[] {
  try {
    return parse<Record, Record>(text, {
      bom: true,
      delimiter,
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      columns: (header: string[]) => header.map(columnName),
    })
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    const line = typeof cause.lines === 'number' ? ` near line ${cause.lines}` : ''
    throw new AppError('invalid', `This is not a readable CSV${line}: ${cause.message.replace(/\.?$/, '.')}`, { cause })
  }
}

/** Keeps the last row of each key. */
export function lastOfEach<T>(rows: readonly T[], key: (row: T) => string): T[] {
  return [...new Map(rows.map((row) => [key(row), row])).values()]
}
