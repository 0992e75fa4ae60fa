import { join } from 'node:path'
import { AppError } from '#server/platform/errors.ts'
import { type AppsflyerApp, type AppsflyerRow, appsflyerReader } from './appsflyer/index.ts'
import { asSent, fieldNames, fromExport, isExport, itemFromCells, renamed, withId } from './fields.ts'
import { openCsv } from './files/csv.ts'
import { readLines } from './files/lines.ts'
import { parquetToLines } from './files/parquet.ts'
import type { Meter } from './files/source.ts'
import type { FileFormat, Mapping, RefusedRow, RowKind } from './schema.ts'

/** How a file is to be read. */
export interface Reading {
  file: string
  kind: RowKind
  format: FileFormat
  mapping: Mapping
  /** SHA-256 of the file in hex; ids of rows that bring none follow from it. */
  fingerprint: string
  /** The app that the rows are for. */
  app: AppsflyerApp
  /** A folder for what must be unpacked to be read; the caller empties it. */
  scratch: string
  /** Told how much of the file has been read. */
  meter?: Meter
}

/** A row of a file, as what it is to become. */
export interface Row extends Pick<AppsflyerRow, 'touchpoints' | 'decision'> {
  /** From 1. */
  row: number
  /** Physical line from 1, the head row included; for Parquet the row. */
  line: number
  /** The row as it stands in the file; asked for only when it is refused. */
  raw: () => string
  /** One event, touchpoint or decision as JSON on one line; absent where the row is refused. */
  item?: string
  /** Why the row cannot be taken, where the file alone shows it. */
  refusal?: Pick<RefusedRow, 'code' | 'field' | 'message'>
}

/**
 * Reads a file's rows one after the other; memory is bounded by the longest row.
 * @param skip so many rows are passed over, for an import that goes on
 * @param signal ends reading, with its reason
 * @throws AppError invalid, naming the line, where the file as a whole cannot be read
 */
export async function* readRows(
  reading: Reading,
  options: { skip?: number; limit?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Row> {
  const { skip = 0, limit = Number.POSITIVE_INFINITY } = options
  const rows =
    reading.format === 'csv' || reading.format === 'appsflyer'
      ? csvRows(reading, skip, options.signal)
      : lineRows(reading, skip, options)
  let taken = 0
  for await (const row of rows) {
    yield row
    taken += 1
    if (taken >= limit) return
  }
}

/** The id of a row that brings neither id nor time. */
const placeOf = ({ fingerprint }: Reading, row: number) => `file_${fingerprint.slice(0, 24)}_${row}`

async function* lineRows(
  reading: Reading,
  skip: number,
  options: { limit?: number; signal?: AbortSignal },
): AsyncGenerator<Row> {
  const { file, kind, format, mapping } = reading
  let path = file
  if (format === 'parquet') {
    path = join(reading.scratch, 'rows.ndjson')
    const limit = options.limit === undefined ? {} : { limit: skip + options.limit }
    await parquetToLines(file, path, { ...limit, ...(options.signal ? { signal: options.signal } : {}) })
  }
  const maps = Object.keys(mapping).length > 0
  let row = 0
  for await (const { line, text } of readLines(path, reading.meter, options.signal)) {
    row += 1
    if (row <= skip) continue
    const item = withId(fromExport(maps ? renamed(text, mapping) : text), kind, placeOf(reading, row))
    yield { row, line, raw: () => text, item }
  }
}

async function* csvRows(reading: Reading, skip: number, signal: AbortSignal | undefined): AsyncGenerator<Row> {
  const { columns, rows } = await openCsv(reading.file, reading.meter, signal)
  const toItem = reading.format === 'csv' ? genericReader(reading, columns) : appsflyerReader(columns, reading)
  let row = 0
  for await (const { line, cells } of rows) {
    row += 1
    if (row <= skip) continue
    const raw = () => cells.map(csvCell).join(',')
    if (cells.length !== columns.length) {
      const message = `The row has ${cells.length} cells, the head row ${columns.length}.`
      yield { row, line, raw, refusal: { code: 'cell_count', field: '', message } }
    } else yield { row, line, raw, ...toItem(cells, row) }
  }
}

function genericReader(
  reading: Reading,
  columns: readonly string[],
): (cells: readonly string[], row: number) => Pick<Row, 'item'> {
  const { kind, mapping } = reading
  const fields = namesOf(columns, kind, mapping)
  // The head row tells: of an exported row the empty cells are left out.
  const write = isExport(fields) ? asSent : JSON.stringify
  return (cells, row) => ({ item: withId(write(itemFromCells(fields, cells)), kind, placeOf(reading, row)) })
}

function namesOf(columns: readonly string[], kind: RowKind, mapping: Mapping): string[] {
  try {
    return fieldNames(columns, kind, mapping)
  } catch (cause) {
    throw new AppError('invalid', cause instanceof Error ? cause.message : String(cause), { field: 'mapping', cause })
  }
}

/** A cell of a CSV, in quotes where it needs them. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
