import { CsvError, parse } from 'csv-parse'
import { AppError } from '#server/platform/errors.ts'
import { beginning, breather, type Meter, openBytes, readableFault } from './source.ts'

/** Longest row in bytes: a quote that is never closed must not swallow the file. */
const LONGEST_ROW = 2 ** 20

/** A row of a CSV. */
export interface CsvRow {
  /** The line it ends on, from 1, the head row included. */
  line: number
  cells: readonly string[]
}

export interface CsvFile {
  /** The names of the head row, trimmed. */
  columns: readonly string[]
  rows: AsyncGenerator<CsvRow>
}

interface Parsed {
  record: string[]
  info: { lines: number }
}

/**
 * Opens a CSV (RFC 4180; comma, semicolon or tab; with a head row) for reading row by row.
 * @param signal ends reading, with its reason
 * @throws AppError invalid, naming the line, when it is no CSV, has no head row or names a column twice
 */
export async function openCsv(file: string, meter?: Meter, signal?: AbortSignal): Promise<CsvFile> {
  const head = (await beginning(file)).toString('utf8').replace(/^\uFEFF/, '')
  const firstLine = head.split(/\r?\n/, 1)[0] ?? ''
  const delimiter = [',', ';', '\t'].find((sign) => firstLine.includes(sign)) ?? ','
  const rows = readRows(file, delimiter, meter, signal)
  const first = await rows.next()
  if (first.done) throw new AppError('invalid', 'The file is empty. The first line must name the columns.')
  const columns = first.value.cells.map((name) => name.trim())
  const twice = columns.find((name, at) => name !== '' && columns.indexOf(name) !== at)
  if (twice !== undefined) {
    await rows.return(undefined)
    throw new AppError('invalid', `Line 1 names the column "${twice}" twice. Rename or remove one.`, { field: twice })
  }
  return { columns, rows }
}

async function* readRows(
  file: string,
  delimiter: string,
  meter: Meter | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<CsvRow> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    skip_empty_lines: true,
    // A row with a cell too few or too many is refused by itself, not the file.
    relax_column_count: true,
    max_record_size: LONGEST_ROW,
  })
  const bytes = await openBytes(file, meter)
  bytes.on('error', (error) => parser.destroy(error))
  // Bytes without a row, such as blank lines, end nowhere else.
  const stop = () => parser.destroy(signal?.reason)
  const breathe = breather(signal)
  try {
    signal?.throwIfAborted()
    signal?.addEventListener('abort', stop)
    bytes.pipe(parser)
    for await (const parsed of parser) {
      const { record, info } = parsed as Parsed
      yield { line: info.lines, cells: record }
      await breathe()
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw readableFault(error)
    const line = typeof error.lines === 'number' ? `Line ${error.lines}: ` : ''
    throw new AppError('invalid', `${line}this is not readable as CSV. ${error.message.replace(/\.?$/, '.')}`, {
      cause: error,
    })
  } finally {
    signal?.removeEventListener('abort', stop)
    bytes.destroy()
  }
}
