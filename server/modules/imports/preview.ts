import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import { wouldRefuse } from './check.ts'
import { fieldNames, fieldsOf, readJson } from './fields.ts'
import { openCsv } from './files/csv.ts'
import { folderOf, uploadedFile } from './folders.ts'
import { type Reading, type Row, readRows } from './rows.ts'
import type { FileFormat, Mapping, RowKind } from './schema.ts'
import { createTurns } from './turns.ts'
import type { ImportApp } from './upload.ts'

/** So many rows are checked; of them the first are shown. */
const CHECKED = 1000
/** Characters after which no further row is checked: rows may be megabytes long, and this is the web's memory. */
const CHECKED_LENGTH = 8_000_000
const SHOWN = 20
/** A few packed kilobytes can hold hours of work; whoever waits for a preview does not wait for those. */
const PATIENCE_MS = 30_000
const MOST_COLUMNS = 300
const LONGEST_SHOWN = 2000

/** One of the first rows, with what becomes of it. */
export interface PreviewRow {
  line: number
  /** The event or touchpoint as JSON; null where the row is refused before it is one. */
  becomes: string | null
  refusal: { field: string; message: string } | null
}

/** What an import would do, from the file's first rows. Nothing is sent. */
export interface Preview {
  /** Columns of the file and the field of ours that each becomes; empty for AppsFlyer, whose columns are known. */
  columns: { name: string; field: string; known: boolean }[]
  /** Fields of ours to choose from. */
  fields: readonly string[]
  rows: PreviewRow[]
  /** How many rows were checked, and how many of them would be refused. */
  checked: number
  refused: number
  /** The first reasons for it. */
  problems: { line: number; field: string; message: string }[]
  /** Why the file as a whole cannot be read so; null: it can. */
  problem: string | null
}

/** The engine that reads Parquet takes gigabytes at worst: one after the other in a process. */
const parquetTurns = createTurns()

/**
 * Looks at the first 1,000 rows of an uploaded file, by the rules of the import itself. After half a minute it gives up and
 * says so as the file's problem.
 * @param app with the platform for rows that say none
 * @param options `signal` is that of whoever waits, `patience` in milliseconds
 * @throws the signal's reason
 */
export async function previewImport(
  app: ImportApp & { platform: 'ios' | 'android' | 'web' },
  id: string,
  reading: { kind: RowKind; format: FileFormat; mapping: Mapping; fingerprint: string },
  options: { signal?: AbortSignal | undefined; patience?: number } = {},
): Promise<Preview> {
  const { DATA_DIR } = env()
  const late = AbortSignal.timeout(options.patience ?? PATIENCE_MS)
  const signal = AbortSignal.any([late, ...(options.signal ? [options.signal] : [])])
  const scratch = await mkdtemp(join(folderOf(DATA_DIR), `${id}.preview.`))
  const whole: Reading = { ...reading, file: uploadedFile(DATA_DIR, id), scratch, app: { platform: app.platform } }
  const empty = { columns: [], rows: [], checked: 0, refused: 0, problems: [] }
  try {
    const read = () => firstRows(whole, signal)
    const rows = await (reading.format === 'parquet' ? parquetTurns(read, signal) : read())
    return {
      ...judged(rows, reading.kind, app),
      fields: fieldsOf(reading.kind),
      columns: await columnsOf(whole, rows, signal),
      problem: null,
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (late.aborted) return { ...empty, columns: [], fields: fieldsOf(reading.kind), problem: TOO_LONG }
    if (!(error instanceof AppError)) throw error
    const columns = await columnsOf({ ...whole, mapping: {} }, [], signal).catch(() => [])
    return { ...empty, columns, fields: fieldsOf(reading.kind), problem: error.message }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const TOO_LONG =
  'Looking at the first rows took too long, so there is no preview. Try again in a moment; if it stays so, split the file.'

async function firstRows(reading: Reading, signal: AbortSignal): Promise<Row[]> {
  const rows: Row[] = []
  let length = 0
  for await (const row of readRows(reading, { limit: CHECKED, signal })) {
    rows.push(row)
    length += row.item?.length ?? 0
    if (length > CHECKED_LENGTH) break
  }
  return rows
}

function judged(rows: readonly Row[], kind: RowKind, app: Parameters<typeof wouldRefuse>[2]) {
  const asked = rows.filter((row): row is Row & { item: string } => row.item !== undefined && !row.refusal)
  const ingestKind = kind === 'touchpoints' ? 'touchpoint' : 'event'
  const refusals = new Map<Row, { field: string; message: string }>()
  for (const row of rows) if (row.refusal) refusals.set(row, row.refusal)
  const items = asked.map(({ item }) => item)
  for (const { index, field, message } of wouldRefuse(ingestKind, items, app)) {
    const row = asked[index]
    if (row) refusals.set(row, { field, message })
  }
  return {
    checked: rows.length,
    refused: refusals.size,
    problems: [...refusals].slice(0, SHOWN).map(([{ line }, { field, message }]) => ({ line, field, message })),
    rows: rows.slice(0, SHOWN).map((row): PreviewRow => {
      const refusal = refusals.get(row)
      return {
        line: row.line,
        becomes: row.item?.slice(0, LONGEST_SHOWN) ?? null,
        refusal: refusal ? { field: refusal.field, message: refusal.message } : null,
      }
    }),
  }
}

async function columnsOf(
  { file, format, kind, mapping }: Reading,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<Preview['columns']> {
  if (format === 'appsflyer') return []
  const names = format === 'csv' ? await headOf(file, signal) : keysOf(rows)
  const known = new Set(fieldsOf(kind))
  const present = Object.fromEntries(Object.entries(mapping).filter(([name]) => names.includes(name)))
  return fieldNames(names, kind, present).flatMap((field, at) => {
    const name = names[at]
    return name === undefined || name === '' ? [] : [{ name, field, known: known.has(field) }]
  })
}

async function headOf(file: string, signal: AbortSignal): Promise<string[]> {
  const { columns, rows } = await openCsv(file, undefined, signal)
  await rows.return(undefined)
  return columns.slice(0, MOST_COLUMNS)
}

/** Every key of the first rows. */
function keysOf(rows: readonly Row[]): string[] {
  const keys = new Set<string>()
  for (const { raw } of rows.slice(0, 100)) {
    const parsed = z.looseObject({}).safeParse(readJson(raw()))
    for (const key of Object.keys(parsed.data ?? {})) keys.add(key)
  }
  return [...keys].slice(0, MOST_COLUMNS)
}
